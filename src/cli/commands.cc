#include "cli/commands.h"

#include <array>

namespace larder {

std::span<const CommandRow> AllCommands() {
  static constexpr std::array kCommands = {
      CommandRow{"init", "Make a new project that runs at once", "larder init shop && cd shop && larder apply",
                 DeclareInit},
      CommandRow{"plan", "Show what apply would change, and what it means for stored data", "larder plan", DeclarePlan},
      CommandRow{"apply", "Make the registry equal to the definition files, all or nothing", "larder apply --yes",
                 DeclareApply},
      CommandRow{"list", "List what is registered", "larder list\nlarder list feature_views", DeclareList},
      CommandRow{"describe", "Tell all about one object; of a view also how it stands online",
                 "larder describe feature_view last_flight", DeclareDescribe},
      CommandRow{"delete", "Delete an object that no file holds and nothing needs", "larder delete source old_flights",
                 DeclareDelete},
      CommandRow{"versions", "Tell the life of an object", "larder versions feature_view last_flight", DeclareVersions},
      CommandRow{"historical", "Make a training set: features as of the time of every entity row",
                 "larder historical --entities trips.parquet --service delay_model --output train.parquet\n"
                 "larder historical --entities trips.csv --features last_flight:distance --matches",
                 DeclareHistorical},
      CommandRow{"materialize", "Bring the newest rows online",
                 "larder materialize\nlarder materialize --to 2015-01-15\nlarder materialize --incremental",
                 DeclareMaterialize},
      CommandRow{"online", "Show what serving would answer",
                 "larder online --service delay_model --key airport=SFO destination_airport=JFK "
                 "--request distance_km=4150\n"
                 "larder online --features last_flight --key airport=SFO --key airport=ATL",
                 DeclareOnline},
      CommandRow{"push", "Add rows, or delete keys, online and offline",
                 "larder push last_flight rows.csv\nlarder push flights new.parquet --to offline\n"
                 "larder push last_flight gone.csv --delete",
                 DeclarePush},
      CommandRow{"backup", "Copy what the project stores to a folder, also beside a running server",
                 "larder backup backups/monday", DeclareBackup},
      CommandRow{"restore", "Put a backup in place of what the project stores",
                 "larder restore backups/monday\nlarder restore backups/monday --replace", DeclareRestore},
      CommandRow{"serve", "Run the server", "larder serve --listen 127.0.0.1:6566", DeclareServe},
      CommandRow{"explain", "Show which rows and versions make a value",
                 "larder explain last_flight:distance --key airport=SFO --now 2015-01-15T12:00:00Z", DeclareExplain},
      CommandRow{"import-feast", "Make definitions of a Feast registry file",
                 "larder import-feast ../rides/data/registry.db --output features/rides.yaml", DeclareImportFeast},
      CommandRow{"bench", "Load a running server and tell how it answers",
                 "larder bench serve --features last_flight --key airport=A{0..99} --connections 16\n"
                 "larder bench serve --service delay_model --entities trips.parquet --rate 20000 --plot latency.svg",
                 DeclareBench},
      CommandRow{"doctor", "Check the installation and the project", "larder doctor", DeclareDoctor},
      CommandRow{"config", "Show the effective configuration", "larder config", DeclareConfig},
      CommandRow{"version", "Show the version", "larder version", DeclareVersion},
      CommandRow{"completion", "Print a completion script for a shell",
                 "larder completion bash > ~/.local/share/bash-completion/completions/larder", DeclareCompletion},
  };
  return kCommands;
}

}  // namespace larder
