#pragma once
// The verbs, each in a file of its own name. commands.cpp puts them in order.

#include "daemon/cli/command.hpp"

namespace kpi {

Command run_command();
Command check_command();
Command test_command();
Command backtest_command();
Command status_command();
Command explain_command();
Command alerts_command();
Command history_export_command();
Command history_backup_command();
Command history_verify_command();
Command history_salvage_command();
Command report_command();
Command forecast_command();
Command anomaly_command();
Command enter_command();
Command channel_test_command();
Command ack_command();
Command silence_add_command();
Command silence_list_command();
Command silence_end_command();
Command review_command();
Command note_command();
Command reload_command();
Command deadletter_list_command();
Command deadletter_resend_command();
Command source_test_command();
Command import_command();
Command config_command();
Command plugins_command();
Command init_command();

}  // namespace kpi
