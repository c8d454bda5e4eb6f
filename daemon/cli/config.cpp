#include "daemon/cli/verbs.hpp"
#include "daemon/config/config_tree.hpp"

#include <ostream>

namespace kpi {
namespace {

int show_config(const Arguments& arguments, Io& io) {
  const std::string path = config_path(arguments);
  if (path.empty()) {
    load_for_verb(arguments, Secrets::kIgnored, io);  // says so
    return kExitNo;
  }
  const ConfigTree tree = load_config_tree(path, io.host);
  io.out << config_text(tree);
  if (tree.load.diagnostics.has_errors()) {
    return complain(io, kExitNo, "there are errors in it; `kpid check` names them");
  }
  return kExitFine;
}

}  // namespace

Command config_command() {
  return {"config",
          "the whole configuration, of all files and packs, with the origin of each line",
          "kpid config    secrets are not shown",
          {config_argument()},
          show_config};
}

}  // namespace kpi
