// Rows of answers: which are stored, which are told, and which are left out.

#include "rules/base/text.hpp"
#include "tests/unit/plugins/connectors/recording.hpp"

#include <gtest/gtest.h>

namespace kpi::test {
namespace {

TEST(HttpRows, ThatSayASecretBackInALabelAreNotStored) {
  const LoadedSource loaded =
      load_source(std::string(kVisits) + "\nauth: {type: bearer, token: tok-1234567}\nlabels: {land: land}");
  ASSERT_NE(loaded.source, nullptr) << loaded.diagnostics;
  std::string land = "SE";
  FakeHost host([&](const HttpRequest&) {
    return answer_of(R"({"data":[{"date":"2026-11-20","n":1,"land":")" + land + "\"}]}");
  });
  const auto text = [&] { return poll_text(loaded.source->poll(request_at(host), host, {}), loaded.settings); };
  EXPECT_EQ(text(), "visits 2026-11-20 land=SE 1\n");
  land = "Bearer tok-1234567";
  EXPECT_EQ(
      text(),
      "error: the value of label land holds a secret of the source, and would be stored: \"Bearer ***\"; read the "
      "label from another field\n");
}

TEST(HttpRows, OfDaysThatWereNotAskedForAreToldAndLeftOut) {
  const LoadedSource loaded = load_source(kVisits);
  FakeHost host([](const HttpRequest&) {
    return answer_of(R"({"data":[{"date":"2026-11-20","n":1},{"date":"2026-11-21","n":2},{"date":"2030-01-01","n":3},
      {"date":"2026-10-01","n":4}]})");
  });
  const auto poll = loaded.source->poll(request_at(host), host, {});
  EXPECT_EQ(poll_text(poll, loaded.settings), "visits 2026-11-20 1\n");
  EXPECT_EQ(join(poll->remarks, "; "),
            "2 rows are of the future or of days that were not asked for, and left out; the first is s/data/2; "
            "1 request sent");
}

TEST(HttpRows, OfARequestWithoutAWindowAreStoredExceptThoseOfTheFuture) {
  const LoadedSource loaded = load_source(R"yaml(plugin: http
window: {first_days: 3}
request: {url: "https://api.example.com/n"}
rows: {kind: records, path: /data}
metrics: {n: {}})yaml");
  FakeHost host([](const HttpRequest&) {
    return answer_of(R"({"data":[{"date":"2020-01-01","n":1},{"date":"2026-11-20","n":2},{"date":"2026-11-21","n":3},
      {"date":"2026-11-22","n":4}]})");
  });
  EXPECT_EQ(
      poll_text(loaded.source->poll(request_at(host), host, {}), loaded.settings),
      "n 2020-01-01 1\nn 2026-11-20 2\nproblem: s/data/3/date: 2026-11-22 lies in the future, and the row is left "
      "out: correct rows.date, or ask for no such rows\n");
}

/// What is not of the expected shape would be missing in a sum.
TEST(HttpRows, AreAllThereOrNone) {
  const auto text = [](const std::string& rows, const std::string& body) {
    const LoadedSource loaded = load_source(
        "plugin: http\nrequest: {url: \"https://api.example.com/n\"}\nrows: " + rows + "\nmetrics: {n: {}}");
    if (loaded.source == nullptr) {
      return loaded.diagnostics;
    }
    FakeHost host([&](const HttpRequest&) { return answer_of(body); });
    return poll_text(loaded.source->poll(request_at(host), host, {}), loaded.settings);
  };
  const std::string records = "{kind: records, path: /a/*/days}";
  const std::string day = R"({"date":"2026-11-20","n":7})";
  const std::string help =
      ", though rows.path is /a/*/days: without its rows the sums would be too small; correct the path, or choose the "
      "elements that have rows, as in [?kind=='day']\n";
  EXPECT_EQ(text(records, R"({"a":[{"days":[)" + day + R"(]},{"days":[]}]})"), "n 2026-11-20 7\n");
  for (const char* element : {R"({"error":"down"})", R"({"day":[{"date":"2026-11-20","n":5}]})", "null", "[]"}) {
    EXPECT_EQ(text(records, R"({"a":[{"days":[)" + day + "]}," + element + "]}"), "error: s: /a/1 has no days" + help)
        << element;
  }
  EXPECT_EQ(text("{kind: records, path: \"a[?kind=='day'].days\"}",
                 R"({"a":[{"kind":"day","days":[)" + day + R"(]},{"error":"down"}]})"),
            "n 2026-11-20 7\n");

  const std::string pairs = "{kind: pairs, path: /s, date: {format: epoch_s}, value: value}";
  const std::string whole = R"({"s":[{"values":[[1795132800,"7"]]},)";
  EXPECT_EQ(text(pairs, whole + R"({"values":[]}]})"), "n 2026-11-20 7\n");
  EXPECT_EQ(text(pairs, whole + R"({"values":[[1795132800]]}]})"),
            "error: s/s/1: [1795132800] is no pair [time, value]\n");
  EXPECT_EQ(text(pairs, whole + R"({"values":null}]})"),
            "error: s/s/1/values: null stands where a list of [time, value] is wanted: correct rows.values\n");
  EXPECT_EQ(text(pairs, whole + R"({"vals":[]}]})"),
            "error: s/s/1: has no values, where a list of [time, value] is wanted: correct rows.values\n");
  EXPECT_EQ(text(pairs, whole + R"({"histograms":[[1795132800,{"count":"1"}]]}]})"),
            "error: s/s/1: has histograms, which are no numbers: ask for one of each, as with histogram_sum(…) or "
            "histogram_count(…)\n");

  const std::string entries = "{kind: entries, path: /s, levels: 2}";
  EXPECT_EQ(text(entries, R"({"s":{"n":{"2026-11-20":7},"o":[]}})"), "n 2026-11-20 7\n");
  for (const auto& [value, kind] :
       {std::pair("7", "a number"), std::pair("null", "null"), std::pair("[7]", "a list")}) {
    EXPECT_EQ(text(entries, R"({"s":{"n":{"2026-11-20":7},"o":)" + std::string(value) + "}}"),
              "error: s/s/o: " + std::string(kind) +
                  " stands where an object with dates is wanted: correct rows.path or rows.levels\n");
  }
}

TEST(HttpRows, OfDaysThatTheOtherSideCutsElsewhereAreNotStored) {
  const LoadedSource loaded = load_source(R"yaml(plugin: http
timezone: Europe/Stockholm
window: {lookback_days: 2, timezone: "from_response:/tz"}
request: {url: "https://api.example.com/n", query: {from: "{{window.start}}"}}
rows: {kind: records, path: /data}
metrics: {n: {}})yaml");
  ASSERT_NE(loaded.source, nullptr) << loaded.diagnostics;
  std::string zone = "America/New_York";
  FakeHost host([&](const HttpRequest&) {
    return answer_of(R"({"tz":")" + zone + R"(","data":[{"date":"2026-11-20","n":7}]})");
  });
  const auto text = [&] { return poll_text(loaded.source->poll(request_at(host), host, {}), loaded.settings); };
  EXPECT_EQ(text(),
            "error: s: the other side cuts its days in America/New_York, this source in Europe/Stockholm, and days are "
            "never cut anew: write timezone: America/New_York\n");
  for (const char* same : {"Europe/Stockholm", "Europe/Berlin"}) {
    zone = same;
    EXPECT_EQ(text(), "n 2026-11-20 7\n") << same;
  }
}

TEST(HttpRows, OfWhichNothingSaysWhereTheirDaysAreCutAreTold) {
  const auto text = [](const std::string& path, const std::string& rows) {
    const LoadedSource loaded = load_source("plugin: http\nwindow: {timezone: \"from_response:" + path +
                                            "\"}\nrequest: {url: \"https://api.example.com/n\"}\n"
                                            "rows: {kind: records, path: /data}\nmetrics: {n: {}}");
    EXPECT_NE(loaded.source, nullptr) << loaded.diagnostics;
    FakeHost host(
        [&](const HttpRequest&) { return answer_of(R"({"meta":{"zone":"UTC","id":7},"data":[)" + rows + "]}"); });
    return poll_text(loaded.source->poll(request_at(host), host, {}), loaded.settings);
  };
  const std::string row = R"({"date":"2026-11-20","n":7})";
  EXPECT_EQ(text("/meta/zone", row), "n 2026-11-20 7\n");
  EXPECT_EQ(text("/meta/zoen", row),
            "n 2026-11-20 7\nproblem: s: no answer has a zone at /meta/zoen, so that nothing says where its days are "
            "cut (did you mean \"zone\"?): correct window.timezone\n");
  EXPECT_EQ(
      text("/meta/id", row),
      "n 2026-11-20 7\nproblem: s: no answer has a zone at /meta/id, so that nothing says where its days are cut: "
      "correct window.timezone\n");
  EXPECT_EQ(text("/timezone", ""), "") << "an answer without rows may lack it";
  const LoadedSource wrong = load_source(
      "plugin: http\nwindow: {timezone: \"from_response:a[?b\"}\nrequest: {url: \"https://api.example.com/n\"}\n"
      "rows: {kind: records}\nmetrics: {n: {}}");
  EXPECT_EQ(wrong.source, nullptr);
}

TEST(HttpRows, OfWhichNothingSaysFromWhenOnTheyAreNotFinalAreTold) {
  const LoadedSource loaded = load_source(R"(plugin: http
window: {lookback_days: 2, first_days: 3}
request: {url: "https://api.example.com/v1/visits", query: {from: "{{window.start}}", to: "{{window.end}}"}}
rows: {kind: records, path: /data, final_before: /final}
metrics: {visits: {column: n}})");
  ASSERT_NE(loaded.source, nullptr) << loaded.diagnostics;
  const auto said = [&](const std::string& final_before) {
    FakeHost host([&](const HttpRequest&) {
      return answer_of(R"({"data":[{"date":"2026-11-19","n":1},{"date":"2026-11-20","n":2}])" + final_before + "}");
    });
    return poll_text(loaded.source->poll(request_at(host), host, {}), loaded.settings);
  };
  const std::string both = "visits 2026-11-19 1\nvisits 2026-11-20 2\n";
  EXPECT_EQ(said(R"(,"final":"2026-11-20")"), "visits 2026-11-19 1\n");
  EXPECT_EQ(said(R"(,"final":null)"), both);
  EXPECT_EQ(said(R"(,"final":"soon")"),
            both + R"(problem: s: "soon" at /final is no date such as 2026-03-31, so that all rows count as final: )" +
                "correct rows.final_before\n");
}

TEST(HttpRows, ThatNeverHoldAPickedMetricSaySo) {
  const auto source = [](const std::string& missing) {
    return load_source(R"yaml(plugin: http
request: {url: "https://api.example.com/n"}
rows: {kind: pick, path: /data, list: metrics, name: metric, value: value, date: {field: date})yaml" +
                       missing + R"yaml(}
metrics: {sent: {}, opend: {}})yaml");
  };
  FakeHost host([](const HttpRequest&) {
    return answer_of(R"({"data":[{"date":"2026-11-19","metrics":[{"metric":"sent","value":5}]},)"
                     R"({"date":"2026-11-20","metrics":[{"metric":"sent","value":6}]}]})");
  });
  const std::string told =
      "problem: s/data/0: no row has opend for metric opend: correct its name, if it is not that none has come yet\n";
  const LoadedSource null = source("");
  ASSERT_NE(null.source, nullptr) << null.diagnostics;
  EXPECT_EQ(poll_text(null.source->poll(request_at(host), host, {}), null.settings),
            "opend 2026-11-19 null\nopend 2026-11-20 null\nsent 2026-11-19 5\nsent 2026-11-20 6\n" + told);
  const LoadedSource zero = source(", missing: zero");
  ASSERT_NE(zero.source, nullptr) << zero.diagnostics;
  EXPECT_EQ(poll_text(zero.source->poll(request_at(host), host, {}), zero.settings),
            "sent 2026-11-19 5\nsent 2026-11-20 6\n" + told);
}

/// Which of two values counts nobody knows: none is taken for the other, nor left out in silence.
TEST(HttpRows, WithTwoValuesForOneThingHaveNone) {
  const auto text = [](const std::string& rest, const std::string& answer) {
    const LoadedSource loaded = load_source("plugin: http\nrequest: {url: \"https://api.example.com/n\"}\n" + rest);
    FakeHost host([&](const HttpRequest&) { return answer_of(answer, 200, {{"content-length", "1"}}); });
    return loaded.source == nullptr ? loaded.diagnostics
                                    : poll_text(loaded.source->poll(request_at(host), host, {}), loaded.settings);
  };
  const std::string list = R"({"data":[{"date":"2026-11-20","m":[{"k":"sent","v":5},{"k":"sent","v":6}]}]})";
  EXPECT_EQ(text("rows: {kind: pick, path: /data, list: m, name: k, value: v}\nmetrics: {sent: {}}", list),
            "sent 2026-11-20 null\nproblem: s/data/0/sent: is several values, not a number: read a part of it, or "
            "another column\n");
  EXPECT_EQ(text("rows: {kind: records, path: /data}\nmetrics: {sent: {column: \"m[?k=='sent'].v\"}}", list),
            "sent 2026-11-20 null\nproblem: s/data/0/m[?k=='sent'].v: is several values, not a number: read a part of "
            "it, or another column\n");
  EXPECT_EQ(
      text("rows: {kind: records, path: /data}\nmetrics: {n: {}}", R"({"data":[{"date":"2026-11-20","n":1,"n":2}]})"),
      "error: https://api.example.com answer: an object has the key \"n\" twice: which of its values counts "
      "nobody knows\n");
  const std::string zip = R"({"cols":["date","n","n","x","x"],"rows":[["2026-11-20",1,2,3,4]]})";
  EXPECT_EQ(text("rows: {kind: zip, names: /cols, rows: /rows}\nmetrics: {n: {}}", zip),
            "error: s: two columns of the answer are named n: ask for one of them only, or give them other names\n");
  EXPECT_EQ(text("decode: csv\nrows: {kind: records}\nmetrics: {n: {}}", "date,n,n,x,x\n2026-11-20,1,2,3,4\n"),
            "n 2026-11-20 null\nproblem: s/0/n: is a list, not a number: read a part of it, or another column\n");
}

TEST(HttpRows, TakeNoneOfSeveralValues) {
  const auto said = [](const std::string& column) {
    const LoadedSource loaded = load_source(R"(plugin: http
request: {url: "https://api.example.com/v1/visits"}
rows: {kind: records, path: /r, date: {field: day}}
metrics: {visits: {column: ")" + column + "\"}}");
    FakeHost host([](const HttpRequest&) {
      return answer_of(R"({"r":[{"day":"2026-11-19","m":[{"x":1},{"x":2}]},{"day":"2026-11-20","m":[{"x":9}]}]})");
    });
    return poll_text(loaded.source->poll(request_at(host), host, {}), loaded.settings);
  };
  for (const char* column : {"/m/*/x", "m[*].x"}) {
    const std::string text = said(column);
    EXPECT_TRUE(text.starts_with("visits 2026-11-19 null\nvisits 2026-11-20 9\n")) << text;
    EXPECT_NE(text.find("is several values, not a number"), std::string::npos) << text;
  }
}

TEST(HttpRows, OfASheetMayBeBlank) {
  const LoadedSource loaded = load_source(R"(plugin: http
request: {url: "https://sheets.example.com/v"}
missing: zero
rows: {kind: zip, names: first_row, rows: /values}
metrics: {n: {}})");
  ASSERT_NE(loaded.source, nullptr) << loaded.diagnostics;
  FakeHost host([](const HttpRequest&) {
    return answer_of(R"({"values":[["date","n"],[],["2026-11-19",5],[""," "],[null,""],["2026-11-20",6],["",7]]})");
  });
  const auto poll = loaded.source->poll(request_at(host), host, {});
  EXPECT_EQ(poll_text(poll, loaded.settings),
            "n 2026-11-19 5\nn 2026-11-20 6\nproblem: s/values/6/date: the row has no date: fill it in, or remove the "
            "row\n");
}

TEST(HttpRows, OfAZipTakeTheirNamesFromAListToo) {
  FakeHost host([](const HttpRequest&) {
    return answer_of(R"({"cols":["date","n"],"rows":[["2026-11-19",5],["2026-11-20",6]]})");
  });
  const auto text = [&](const std::string& rows) {
    const LoadedSource loaded = load_source(
        "plugin: http\nrequest: {url: \"https://api.example.com/n\"}\nrows: " + rows + "\nmetrics: {n: {}}");
    return loaded.source == nullptr ? loaded.diagnostics
                                    : poll_text(loaded.source->poll(request_at(host), host, {}), loaded.settings);
  };
  for (const char* names : {"/cols", "[/cols]", "/cols/*", "[date, n]"}) {
    EXPECT_EQ(text("{kind: zip, names: " + std::string(names) + ", rows: /rows}"), "n 2026-11-19 5\nn 2026-11-20 6\n")
        << names;
  }
  EXPECT_EQ(text("{kind: zip, names: /cols, rows: \"/rows/*\"}"),
            "error: s/rows/*/0: a text stands where a row is wanted: rows leads to the list of the rows, without "
            "/* behind it\n");
}

TEST(HttpRows, WithAnObjectForALabelAreNotStored) {
  const LoadedSource loaded = load_source(R"yaml(plugin: http
request: {url: "https://api.example.com/n"}
rows: {kind: records, path: /data}
metrics: {n: {}}
labels: {shop: shop})yaml");
  ASSERT_NE(loaded.source, nullptr) << loaded.diagnostics;
  FakeHost host([](const HttpRequest&) {
    return answer_of(
        R"({"data":[{"date":"2026-11-20","n":7,"shop":{"id":1}},{"date":"2026-11-20","n":8,"shop":"a"}]})");
  });
  EXPECT_EQ(
      poll_text(loaded.source->poll(request_at(host), host, {}), loaded.settings),
      "n 2026-11-20 shop=a null\nproblem: s/data/0/shop: label shop is an object, not a text: name a part of it, such "
      "as shop/name\n");
}

TEST(HttpRows, TakeALabelFromANamedFieldOnly) {
  for (const char* label : {"{column: shop}", "[shop]", "\"\""}) {
    const LoadedSource loaded = load_source(
        "plugin: http\nrequest: {url: \"https://api.example.com/n\"}\nrows: {kind: "
        "records}\nmetrics: {n: {}}\nlabels: {shop: " +
        std::string(label) + "}");
    EXPECT_NE(loaded.diagnostics.find("error: label shop wants the name of what its values come from"),
              std::string::npos)
        << label << loaded.diagnostics;
  }
}

TEST(HttpRows, ThatAddUpToNoNumberAreUnknown) {
  const LoadedSource loaded = load_source(R"yaml(plugin: http
request: {url: "https://api.example.com/n"}
rows: {kind: records, path: /data, scales: {m: 1000}}
metrics: {n: {}, m: {}})yaml");
  ASSERT_NE(loaded.source, nullptr) << loaded.diagnostics;
  FakeHost host([](const HttpRequest&) {
    return answer_of(R"({"data":[{"date":"2026-11-20","n":1e308,"m":1},{"date":"2026-11-20","n":1e308,"m":1e307}]})");
  });
  EXPECT_EQ(
      poll_text(loaded.source->poll(request_at(host), host, {}), loaded.settings),
      "m 2026-11-20 null\nn 2026-11-20 null\nproblem: s/data/0/n: the rows of 2026-11-20 add up to more than a "
      "number can be: correct them; until then the value is not known\nproblem: s/data/1/m: inf is no value: deliver "
      "a number, or null where there is none\n");
}

TEST(HttpRows, FindTheScaleOfAFieldHoweverItsPathIsWritten) {
  const LoadedSource loaded = load_source(R"yaml(plugin: http
request: {url: "https://api.example.com/n"}
rows: {kind: records, path: /data, scales: {cost: 0.001, /sum/all: 0.01, fee: minor_units}, currency: cur}
metrics: {a: {column: cost}, b: {column: /cost}, c: {column: sum.all}, d: {column: /fee}})yaml");
  ASSERT_NE(loaded.source, nullptr) << loaded.diagnostics;
  FakeHost host([](const HttpRequest&) {
    return answer_of(R"({"data":[{"date":"2026-11-20","cost":5000,"sum":{"all":700},"fee":900,"cur":"SEK"}]})");
  });
  EXPECT_EQ(poll_text(loaded.source->poll(request_at(host), host, {}), loaded.settings),
            "a 2026-11-20 5\nb 2026-11-20 5\nc 2026-11-20 7\nd 2026-11-20 9\n");
}

TEST(HttpRows, WithoutTheCurrencyOfTheirMinorUnitsAreUnknown) {
  const LoadedSource loaded = load_source(R"yaml(plugin: http
request: {url: "https://api.example.com/n"}
rows: {kind: records, path: /data, scales: {n: minor_units}, currency: cur}
metrics: {n: {}})yaml");
  ASSERT_NE(loaded.source, nullptr) << loaded.diagnostics;
  FakeHost host([](const HttpRequest&) {
    return answer_of(R"({"data":[{"date":"2026-11-18","n":1000,"cur":"JPY"},{"date":"2026-11-19","n":1000,"cur":null},)"
                     R"({"date":"2026-11-20","n":1000}]})");
  });
  EXPECT_EQ(poll_text(loaded.source->poll(request_at(host), host, {}), loaded.settings),
            "n 2026-11-18 1000\nn 2026-11-19 null\nn 2026-11-20 null\nproblem: s/data/1/n: is an amount of an "
            "unknown currency (rows.currency), not a number: read a part of it, or another column\nproblem: "
            "s/data/2/n: is an amount of an unknown currency (rows.currency), not a number: read a part of it, or "
            "another column\n");
}

TEST(HttpRows, ThatAFilterLeavesOutAreNoFault) {
  const LoadedSource loaded = load_source(R"yaml(plugin: http
request: {url: "https://api.example.com/n"}
rows: {kind: records, path: "/data/[?paid=='true']", missing: zero}
metrics: {n: {}})yaml");
  std::string body = R"({"data":[]})";
  FakeHost host([&](const HttpRequest&) { return answer_of(body); });
  const auto text = [&] { return poll_text(loaded.source->poll(request_at(host), host, {}), loaded.settings); };
  EXPECT_EQ(text(), "");
  body = R"({"data":[{"date":"2026-11-20","paid":false,"n":7}]})";
  EXPECT_EQ(text(), "");
  for (const char* other : {R"({"data":null})", R"({"data":0})", R"({"rows":[]})"}) {
    body = other;
    EXPECT_EQ(text(), "error: s: nothing stands at /data/[?paid=='true'] of the answer: correct rows.path\n");
  }
}

TEST(HttpRows, OfOneValueThatIsNullTakeNothingBack) {
  const LoadedSource loaded = load_source(R"yaml(plugin: http
request: {url: "https://api.example.com/n"}
rows: {kind: scalar}
metrics: {n: {kind: level}, m: {kind: level}})yaml");
  FakeHost host([](const HttpRequest&) { return answer_of(R"({"n":null,"m":3})"); });
  const auto poll = loaded.source->poll(request_at(host), host, {});
  EXPECT_EQ(poll_text(poll, loaded.settings), "m 2026-11-20 3\nproblem: s/n: null stands where a value is wanted\n");
}

TEST(HttpRows, AreNotBelievedWhereACommaMayBeEither) {
  const auto poll_of = [](const std::string& decode, const std::string& first, const std::string& second) {
    const LoadedSource loaded =
        load_source("plugin: http\nrequest: {url: \"https://api.example.com/n\"}\ndecode: " + decode +
                    "\nrows: {kind: records}\nmetrics: {n: {}}");
    EXPECT_NE(loaded.source, nullptr) << loaded.diagnostics;
    FakeHost host([&](const HttpRequest&) {
      return answer_of("date;n\n2026-11-18;" + first + "\n2026-11-19;" + second + "\n", 200, {{"content-length", "9"}});
    });
    const auto poll = loaded.source->poll(request_at(host), host, {});
    if (!poll) {
      return poll.error().message;
    }
    return join(samples_text(*poll, loaded.settings), ",") +
           (poll->problems.empty() ? "" : ": " + poll->problems.front().message);
  };
  const std::string untold = "{kind: csv, delimiter: \";\"}";
  for (const auto& [first, second] : {std::pair("1.234,5", "1,234"), std::pair("1,234", "1,5")}) {
    const std::string said = poll_of(untold, first, second);
    for (const char* part :
         {"metric n is written in two ways", "\"1,234\"", "decimal: \",\" or decimal: \".\" in decode"}) {
      EXPECT_NE(said.find(part), std::string::npos) << said;
    }
  }
  EXPECT_NE(poll_of(untold, "987.654", "1.204.511")
                .find("\"1.204.511\" (s/1/n) has its thousands set apart by points, and \"987.654\" (s/0/n) "
                      "would be read with a decimal point: write decimal: \",\" or decimal: \".\" in decode"),
            std::string::npos)
      << poll_of(untold, "987.654", "1.204.511");
  // An answer of one day at a time shows one of the two only.
  EXPECT_EQ(poll_of(untold, "1.204.511", "7"),
            "metric n is written in another way than it is read: \"1.204.511\" (s/0/n) has its thousands set apart by "
            "points, and another value would be read with a decimal point: write decimal: \",\" or decimal: \".\" in "
            "decode");
  EXPECT_EQ(poll_of("{kind: csv, delimiter: \";\", decimal: \".\"}", "987.654", "7"),
            "n 2026-11-18 987.654,n 2026-11-19 7");
  EXPECT_NE(poll_of(untold, "1,234", "7").find("\"1,234\" may be a fraction or thousands"), std::string::npos);
  EXPECT_EQ(poll_of("{kind: csv, delimiter: \";\", decimal: \",\"}", "1.234,5", "1,234"),
            "n 2026-11-18 1234.5,n 2026-11-19 1.234");
  EXPECT_EQ(poll_of("{kind: csv, delimiter: \";\", decimal: \".\"}", "1,234.5", "1,234"),
            "n 2026-11-18 1234.5,n 2026-11-19 1234");
  EXPECT_EQ(poll_of("{kind: csv, delimiter: \";\", decimal: \",\"}", "987.654", "1.204.511"),
            "n 2026-11-18 987654,n 2026-11-19 1204511");
}

TEST(HttpRows, OfInfluxdbMayBeNone) {
  const Recording recording = read_recording("influxdb2");
  const LoadedSource loaded = load_source(recording.source);
  std::string body = "\r\n";
  FakeHost host([&](const HttpRequest&) { return answer_of(body); });
  EXPECT_EQ(poll_text(loaded.source->poll(request_at(host), host, {}), loaded.settings), "");
  body = "";
  EXPECT_EQ(poll_text(loaded.source->poll(request_at(host), host, {}), loaded.settings),
            "error: https://influx.example.com:8086 answer: is empty where CSV is wanted\n");
}

TEST(HttpRows, OfDaysThatAreCutInUtcTakeNoOtherTimezone) {
  for (const char* name : {"prometheus", "influxdb", "influxdb2", "x"}) {
    const std::string source = read_recording(name).source;
    EXPECT_NE(load_source(source + "timezone: UTC\n").source, nullptr);
    const std::string said = load_source(source + "timezone: Europe/Stockholm\n").diagnostics;
    EXPECT_NE(said.find("the days of " + std::string(name) + " are those of UTC, not of Europe/Stockholm"),
              std::string::npos)
        << said;
  }
}

TEST(HttpRows, ThatLackAFieldSayWhatTheyHave) {
  const LoadedSource loaded = load_source(kVisits);
  FakeHost host([](const HttpRequest&) { return answer_of(R"({"data":[{"date":"2026-11-20","visits":1}]})"); });
  EXPECT_EQ(poll_text(loaded.source->poll(request_at(host), host, {}), loaded.settings),
            "error: s: no row has n for metric visits: the first one has date, visits\n");
}

}  // namespace
}  // namespace kpi::test
