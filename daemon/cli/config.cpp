#include "daemon/cli/verbs.hpp"
#include "daemon/config/config_tree.hpp"

#include <ostream>

namespace kpi {
namespace {

int show_config(const Arguments& arguments, Io& io) {
  const std::string path = config_path(arguments);
  if (path.empty()) {
    return complain(io, kExitUsage, "there is no kpid.yaml here; name one with --config, or see `kpid init`");
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
