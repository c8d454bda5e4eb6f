#pragma once
// From the pages of an answer to samples: the six shapes that rows come in, dates in every form, values scaled, grouped
// and filled. One window; one thread.

#include "plugins/http/exchange.hpp"
#include "plugins/row_reader.hpp"

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kpi {

/// A row as fields: an object, or names beside values.
struct AnswerRow {
  const Json* object = nullptr;
  const std::vector<std::string>* names = nullptr;
  std::vector<const Json*> values{};
  std::map<std::string, const Json*, std::less<>> extra{};  ///< "date", "series", "value" of entries and pairs.
  std::string place{};                                      ///< "/rows/3"

  [[nodiscard]] const Json* field(const JsonSelect& path) const;
};

/// The elements of the lists that a path leads to, and what else it leads to.
std::vector<const Json*> elements_at(const Json& document, const JsonSelect& path);

class RowBuilder {
 public:
  /// `name` is the source's in messages. Both outlive the builder.
  RowBuilder(const HttpPlan& plan, const PollRequest& request, std::string name);

  /// Takes one page. `document` and `response` need not outlive the call. `metric`: the one the call was for.
  Result<void> take(const Json& document, const HttpResponse& response, const RenderScope& scope);

  /// Where rows stop to be final, as an answer said.
  [[nodiscard]] std::optional<Slot> final_before() const { return final_before_; }

  /// What stood where that date should; empty: nothing else did.
  [[nodiscard]] const std::string& no_final_date() const { return no_final_date_; }

  Result<Poll> finish();

 private:
  using Labels = std::vector<std::string>;

  struct Gathered {
    double sum = 0;
    double last = 0;
    double most = 0;
    std::size_t count = 0;
    bool is_whole = true;  ///< False: a part could not be read.
  };

  Result<std::vector<AnswerRow>> rows_of(const Json& document, const HttpResponse& response, const RenderScope& scope);
  Result<std::vector<std::string>> zip_names(const Json& document, const RenderScope& scope);
  Result<std::vector<AnswerRow>> zipped(const Json& document, const RenderScope& scope);
  Result<std::vector<AnswerRow>> entries(const Json& document);
  Result<std::vector<AnswerRow>> pivoted(const Json& series);
  /// What stands under a series' name is an object with dates.
  [[nodiscard]] Result<void> check_series(const std::string& name, const Json& dates) const;
  Result<std::vector<AnswerRow>> pairs(const Json& document);
  /// Two columns of one name that something is read from: which is meant nobody knows.
  [[nodiscard]] Result<void> check_names() const;
  /// ": nothing stands at /data of the answer: …"
  [[nodiscard]] std::string nothing_at_path() const;
  /// ": null stands at /data, where a list of rows is wanted"
  [[nodiscard]] std::string not_wanted(const Json& found, std::string_view wanted) const;
  /// A line that ends what came before it too early, as {"error": "…"}.
  [[nodiscard]] bool is_error_line(const AnswerRow& row) const;
  void take_row(const AnswerRow& row, const RenderScope& scope);
  /// A row that cannot be used.
  void lose(const AnswerRow& row, const RenderScope& scope, const std::function<RowProblem()>& describe);
  const Json* date_of(const AnswerRow& row) const;
  /// Nothing: the date cannot be read, and `text` is what it is.
  std::optional<Slot> slot_of_row(const AnswerRow& row, const RenderScope& scope, std::string& text) const;
  std::optional<Slot> slot_of_text(const std::string& text) const;
  [[nodiscard]] Slot slot_of_moment(WrittenTime moment) const;
  void tell_clock(std::uint64_t row, const std::string& text);
  [[nodiscard]] bool is_wanted(Slot slot, const RenderScope& scope) const;
  void count_outside(Slot slot, const RenderScope& scope);
  const Json* value_of(const AnswerRow& row, std::size_t metric) const;
  RowCell cell_of(const AnswerRow& row, std::size_t metric, const RenderScope& scope);
  /// What stands in the list under the metric's name; null where there is no value. REQUIRES is_picked() and an object.
  [[nodiscard]] std::vector<const Json*> picked(const AnswerRow& row, std::size_t metric) const;
  /// Whether a metric's value is sought by a name in a list of the row.
  [[nodiscard]] bool is_picked(std::size_t metric) const;
  /// Which metrics a row that is left out has.
  void see_metrics(const AnswerRow& row);
  Result<void> check_seen();
  /// What a metric's number is multiplied with; nothing: the row does not say of which currency it is.
  std::optional<double> factor_of(const AnswerRow& row, std::size_t metric) const;
  void gather(Slot slot);
  void flush_gathered();
  void read_final(const Json& document);
  [[nodiscard]] std::string as_answered(const std::string& field) const;
  [[nodiscard]] RowPlan::Group group_of(std::size_t metric) const;
  [[nodiscard]] std::string where(std::uint64_t row, RowReader::Place place) const;

  const HttpPlan& plan_;
  std::string name_;
  Slot running_;  ///< What is not over yet.
  RowReader rows_;
  std::string told_clock_;                // what was told of the changes of the clock
  std::vector<JsonSelect> fields_;        // by metric
  std::vector<std::string> field_names_;  // by metric
  std::vector<double> factors_;           // by metric
  std::vector<bool> in_minor_units_;      // by metric

  std::vector<bool> was_seen_;            // by metric
  std::vector<JsonSelect> label_fields_;  // by label
  std::vector<std::string> places_;       // by row
  std::vector<std::string> names_;        // of a zip
  std::deque<Json> owned_;                // values that had to be made
  std::string first_fields_;
  std::vector<std::string> label_texts_;
  std::vector<std::string_view> labels_;
  std::vector<RowCell> cells_;
  std::deque<std::string> cell_texts_;
  std::map<std::pair<std::size_t, std::pair<Slot, Labels>>, Gathered> gathered_;  // by metric
  std::optional<Slot> final_before_;
  std::string no_final_date_;
  std::size_t outside_ = 0;    // rows of periods that were not asked for
  std::string first_outside_;  // where
  bool is_gathering_ = false;
};

}  // namespace kpi
