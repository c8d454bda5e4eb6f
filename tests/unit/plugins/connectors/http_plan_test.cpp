// What is said of mistakes in the options and presets of the http plugin, with their places.

#include "tests/unit/plugins/connectors/recording.hpp"

#include <gtest/gtest.h>

#include <fstream>

namespace kpi::test {
namespace {

TEST(HttpPlan, TakesANoteThatIsATextOrPaths) {
  const auto trouble = [](const std::string& note) {
    const std::string text =
        load_source(
            "plugin: http\nrequest: {url: \"https://x.example.com\"}\nrows: {kind: scalar}\nmetrics: {n: "
            "{}}\noutcome: [{when: {status: 200}, then: ok, note: " +
            note + "}]")
            .diagnostics;
    return text.substr(0, text.find('\n'));
  };
  EXPECT_EQ(trouble("all is well"), "");
  EXPECT_EQ(trouble("/said"), "");
  EXPECT_EQ(trouble("[/said, \"/more/*\"]"), "");
  EXPECT_EQ(trouble("[/said, more]"), "kpid.yaml:7:61: error: outcome.note is a text, or paths such as /warnings");
}

TEST(HttpPreset, OfWholeDaysIsNotReadIntoHours) {
  for (const char* grain : {"hour", "5m"}) {
    const LoadedSource loaded =
        load_source("plugin: prometheus\nserver: \"https://p.example.com\"\ngrain: " + std::string(grain) +
                    "\nmetrics: {n: {query: up}}");
    EXPECT_EQ(loaded.source, nullptr);
    EXPECT_NE(loaded.diagnostics.find("error: the rows of this source are of whole days, and would stand for the first "
                                      "period of grain " +
                                      std::string(grain) + " only\n"),
              std::string::npos)
        << loaded.diagnostics;
  }
  EXPECT_NE(load_source("plugin: prometheus\nserver: \"https://p.example.com\"\ngrain: week\nmetrics: {n: {query: up}}")
                .source,
            nullptr);
}

TEST(HttpPlan, NamesThePlaceOfEveryMistake) {
  const LoadedSource loaded = load_source(R"yaml(plugin: http
auth: {type: baerer, colour: red}
request: {urll: "https://x"}
paginate: {kind: cursor}
rows: {kind: record}
metrics: {n: {}})yaml");
  EXPECT_EQ(loaded.source, nullptr);
  EXPECT_EQ(loaded.diagnostics.find("type, type"), std::string::npos) << loaded.diagnostics;
  for (const char* said : {"kpid.yaml:4:18: error: auth.type is one of none, header, bearer",
                           "kpid.yaml:5:14: error: the key url is missing in request",
                           "kpid.yaml:5:15: error: request has no key \"urll\"",
                           "kpid.yaml:6:15: error: paginate does not say where the page goes",
                           "kpid.yaml:7:18: error: rows.kind is one of records, scalar, zip, entries, pairs, pick, got "
                           "\"record\"",
                           "did you mean \"records\"?"}) {
    EXPECT_NE(loaded.diagnostics.find(said), std::string::npos) << said << "\n" << loaded.diagnostics;
  }
}

TEST(HttpPlan, ScalesTheFieldsOfItsMetricsOnly) {
  const auto trouble = [](const std::string& rows) {
    const std::string text = load_source(
                                 "plugin: http\nrequest: {url: \"https://api.example.com/n\"}\nrows: {kind: "
                                 "records, " +
                                 rows + "}\nmetrics: {cost: {column: cost_micros}}")
                                 .diagnostics;
    const std::size_t at = text.find("error: ");
    return at == std::string::npos ? "" : text.substr(at + 7, text.find('\n', at) - at - 7);
  };
  EXPECT_EQ(trouble("scales: {cost_micros: 0.000001}"), "");
  EXPECT_EQ(trouble("scales: {cost_micro: 0.000001}"),
            "no metric reads the field cost_micro, so that its scale changes nothing");
  EXPECT_EQ(trouble("scales: {cost: 0.000001}"), "no metric reads the field cost, so that its scale changes nothing");
  EXPECT_EQ(trouble("scales: {cost_micros: 0}"), "a scale of 0 makes 0 of every value");
  EXPECT_EQ(trouble("value: {field: cost_micros, scale: 0}"), "a scale of 0 makes 0 of every value");
  EXPECT_EQ(trouble("currency: cur"), "rows.currency tells what minor units are worth, and no field is in them");
  EXPECT_EQ(trouble("scales: {cost_micros: minor_units}"),
            "minor_units wants rows.currency: the field with the currency's code");
}

TEST(HttpPlan, HasARequestOrSteps) {
  const LoadedSource loaded = load_source(R"yaml(plugin: http
request: {url: "https://api.example.com/n"}
steps: [{request: {url: "https://api.example.com/login"}}]
rows: {kind: scalar}
metrics: {n: {}})yaml");
  EXPECT_EQ(loaded.source, nullptr);
  EXPECT_EQ(loaded.diagnostics.substr(0, loaded.diagnostics.find('\n')),
            "kpid.yaml:4:14: error: the source has both request and steps");
}

TEST(HttpPlan, HasAnAddressThatCanBeAskedFor) {
  const auto trouble = [](const std::string& request) {
    const std::string text =
        load_source("plugin: http\nparams: {base: \"https://x.example.com\", tld: com}\nrequest: " + request +
                    "\nrows: {kind: scalar}\nmetrics: {n: {}}")
            .diagnostics;
    return text.substr(0, text.find('\n'));
  };
  for (const char* url : {"https://exa mple.com/n", "https://x.example.com/a b?c={{page}}"}) {
    EXPECT_EQ(
        trouble("{url: \"" + std::string(url) + "\"}"),
        "kpid.yaml:5:20: error: request.url: the address \"" + std::string(url) + "\" has a space or a line break");
  }
  for (const char* url : {"", "ftp://example.com/n", "example.com/n"}) {
    const std::string shown = "\"" + std::string(url) + "\" is no http or https address";
    EXPECT_EQ(trouble("{url: \"" + std::string(url) + "\"}"), "kpid.yaml:5:20: error: request.url: " + shown);
    EXPECT_EQ(trouble("\"" + std::string(url) + "\""), "kpid.yaml:5:14: error: request: " + shown);
  }
  for (const char* url : {"{{base}}/n", "https://{{tld}}/n", "http://x.example.{{tld}}/n?a={{page|b c}}"}) {
    EXPECT_EQ(trouble("\"" + std::string(url) + "\""), "") << url;
  }
}

TEST(HttpPlan, WantsToKnowOfWhichMetricACallIs) {
  const auto trouble = [](const std::string& request) {
    const std::string text = load_source("plugin: http\n" + request +
                                         "\nlabels: {country: land}\nrows: {kind: records, path: /data}\nmetrics: "
                                         "{n: {query: x}, m: {}}")
                                 .diagnostics;
    return text.substr(0, text.find('\n'));
  };
  EXPECT_EQ(trouble(R"(request: {url: "https://api.example.com/{{metric}}"})"),
            "kpid.yaml:4:20: error: {{metric}} is of one metric, and nothing says of which");
  EXPECT_EQ(trouble(R"(request: {url: "https://api.example.com/n", json: {a: {b: "{{metric.query}}"}}})"),
            "kpid.yaml:4:63: error: {{metric.query}} is of one metric, and nothing says of which");
  EXPECT_EQ(trouble(R"(request: {url: "https://api.example.com/n", text: "SELECT {{metric.query}}"})"),
            "kpid.yaml:4:55: error: {{metric.query}} is of one metric, and nothing says of which");
  EXPECT_EQ(trouble("fan_out: metric\n"
                    R"(request: {url: "https://api.example.com/n", json: {a: "{{label.name}}"}})"),
            "kpid.yaml:5:59: error: {{label.name}} is of one label, and nothing says of which");
  for (const char* request :
       {R"(request: {url: "https://api.example.com/n", query: {f: "{{metric}}"}})",
        R"(request: {url: "https://api.example.com/n", json: [{f: "{{metric}}"}, "{{label.name}}"]})",
        R"(request: {url: "https://api.example.com/{{metric.query|all}}"})",
        R"(request: {url: "https://api.example.com/n", form: {"f[]": "{{label.column}}"}})",
        "fan_out: [metric, day]\n"
        R"(request: {url: "https://api.example.com/{{metric}}/{{day}}"})",
        "params: {metric: m7}\n"
        R"(request: {url: "https://api.example.com/{{metric}}"})"}) {
    EXPECT_EQ(trouble(request), "") << request;
  }
}

/// One day's answer is no month's, nor that of all days of a window.
TEST(HttpPreset, AsksForADayWhereItIsWhatACallIsFor) {
  const auto trouble = [](const std::string& keys, const std::string& date = "window") {
    const std::string text = load_source("plugin: http\n" + keys +
                                         "\nrequest: {url: \"https://api.example.com/{{day}}\"}\n"
                                         "rows: {kind: records, path: /data, date: " +
                                         date + "}\nmetrics: {n: {}}")
                                 .diagnostics;
    const std::size_t help = text.find("  help: ");
    return help == std::string::npos
               ? text
               : text.substr(0, text.find('\n') + 1) + text.substr(help, text.find('\n', help) - help);
  };
  EXPECT_EQ(
      trouble("grain: month\nfan_out: day"),
      "kpid.yaml:6:20: error: {{day}} is one day, and a period of grain month has several: the others are not asked "
      "for\n  help: write grain: day, or ask from {{window.start}} to {{window.end}}");
  EXPECT_EQ(
      trouble("grain: week\nfan_out: day", "{field: d}"),
      "kpid.yaml:6:20: error: {{day}} is one day, and a period of grain week has several: the others are not asked "
      "for\n  help: write grain: day, or ask from {{window.start}} to {{window.end}}");
  EXPECT_EQ(
      trouble("grain: hour\nfan_out: day"),
      "kpid.yaml:6:20: error: {{day}} is a whole day, and its value would be stored for each period of grain hour\n"
      "  help: write grain: day, or ask from {{window.start}} to {{window.end}}");
  EXPECT_EQ(
      trouble("grain: day", "{field: d}"),
      "kpid.yaml:5:20: error: {{day}} is one day, and a call is for a window of several: the others are not asked "
      "for\n  help: write fan_out: day, or ask from {{window.start}} to {{window.end}}");
  EXPECT_EQ(trouble("fan_out: day"), "");
  EXPECT_EQ(trouble("window: {max_span: 1 day}", "{field: d}"), "");
  const std::string misspelt = trouble("window: {max_span: 1 days}", "{field: d}");
  EXPECT_EQ(misspelt.substr(0, misspelt.find('\n')),
            "kpid.yaml:4:24: error: window.max_span: \"1 days\" is not a length of time: write \"1 day\"");
  EXPECT_EQ(trouble("grain: hour\nfan_out: day", "{field: d}"), "");
  EXPECT_EQ(trouble("grain: month\nfan_out: day\nwindow: {format: \"%Y-%m\"}"), "");
}

TEST(HttpPreset, WarnsOfACallForEachMetricThatNamesNone) {
  const auto trouble = [](const std::string& url, const std::string& metrics) {
    const std::string text = load_source("plugin: http\nfan_out: metric\nrequest: {url: \"https://api.example.com/" +
                                         url + "\"}\nrows: {kind: records, path: /data}\nmetrics: " + metrics)
                                 .diagnostics;
    return text.substr(0, text.find('\n'));
  };
  EXPECT_EQ(
      trouble("n", "{n: {}, m: {}}"),
      "kpid.yaml:4:14: warning: a call is for one metric, and none names it: the same is asked for once for each");
  EXPECT_EQ(trouble("n", "{n: {}}"), "");
  EXPECT_EQ(trouble("{{metric.column}}", "{n: {}, m: {}}"), "");
}

TEST(HttpPreset, SaysAllThatIsWrongInOnePass) {
  LoadedSource place = load_source(kVisits);
  std::ofstream(place.folder + "/wrong.yaml") << R"yaml(preset: wrong
version: 1
params: {base: {requird: true}}
window: {lookback_days: two}
request: {url: "{{base}}/n?key={{key}}&metric={{metric.colum}}&from={{window.start}}"}
rowz: {kind: records}
)yaml";
  const LoadedSource loaded = load_source("plugin: http\npreset: wrong.yaml\nbase: \"https://x\"\nmetrics: {n: {}}");
  EXPECT_EQ(loaded.source, nullptr);
  for (const char* said : {"wrong.yaml:3:17: error: params.base has no key \"requird\"",
                           "wrong.yaml:4:25: error: window.lookback_days wants a whole number",
                           "there is no variable {{key}}",
                           "there is no variable {{metric.colum}}",
                           "wrong.yaml:6:1: error: a preset has no key \"rowz\""}) {
    EXPECT_NE(loaded.diagnostics.find(said), std::string::npos) << said << "\n" << loaded.diagnostics;
  }
  EXPECT_EQ(loaded.diagnostics.find("no variable {{base}}"), std::string::npos) << loaded.diagnostics;
}

TEST(HttpPreset, RefusesWhatWouldNeverHoldOrMeanNothing) {
  LoadedSource place = load_source(kVisits);
  std::ofstream(place.folder + "/never.yaml") << R"yaml(preset: never
version: 1
about: {title: Never, bogus: 3}
params: {mode: {choices: [a, b], default: c}}
window: {format: "%Y%K"}
request: {url: "https://x/n?from={{window.start as %Y-%K}}&mode={{mode}}"}
outcome:
  - {when: {json: "/error = boom"}, then: config_error}
  - {when: {header: "x-left =< 0"}, then: rate_limited}
  - {when: {json: "/a is b"}, then: retry}
  - {when: {json: "/n > many"}, then: retry}
  - {when: {json: ["metrics[?metric=='sent'].value", "/a b exists", "/left <= 0", "/code in 4, 17"]}, then: retry}
rows: {kind: scalar}
)yaml";
  const LoadedSource loaded = load_source("plugin: http\npreset: never.yaml\nmetrics: {n: {}}");
  EXPECT_EQ(loaded.source, nullptr);
  for (const char* said : {"never.yaml:3:23: error: about has no key \"bogus\"",
                           "never.yaml:4:43: error: params.mode.default \"c\" is none of its choices",
                           "never.yaml:5:18: error: window.format has %K, which means nothing",
                           "{{window.start as %Y-%K}} has %K, which means nothing: use %Y",
                           "never.yaml:8:19: error: \"/error = boom\" has no operator that is known",
                           "write \"/error == boom\"",
                           "never.yaml:9:21: error: \"x-left =< 0\" has no operator that is known",
                           "write \"x-left <= 0\"",
                           "never.yaml:10:19: error: \"/a is b\" has no operator that is known",
                           "never.yaml:11:19: error: \"/n > many\" compares with what is no number"}) {
    EXPECT_NE(loaded.diagnostics.find(said), std::string::npos) << said << "\n" << loaded.diagnostics;
  }
  EXPECT_EQ(loaded.diagnostics.find("never.yaml:12"), std::string::npos) << loaded.diagnostics;
}

}  // namespace
}  // namespace kpi::test
