//! The project's commands. `cargo xtask` lists them.
//!
//! `.ci/run`, the hosting platform's workflow and CONTRIBUTING.md call these commands. Only this
//! crate knows what is behind them.

mod command;
mod tasks;

use std::process::ExitCode;

use command::Result;

/// A command. `run` gets the arguments that follow the name.
struct Task {
    name: &'static str,
    about: &'static str,
    run: fn(&[String]) -> Result,
}

const TASKS: [Task; 13] = [
    Task {
        name: "check",
        about: "formatting, clippy, each feature alone, documentation",
        run: tasks::check,
    },
    Task { name: "test", about: "all tests, then the loom models", run: tasks::test },
    Task {
        name: "test-crates",
        about: "the tests of the published crates alone, on any system",
        run: tasks::test_crates,
    },
    Task { name: "loom", about: "every interleaving of the lock-free code", run: tasks::loom },
    Task {
        name: "bless",
        about: "accepts the output of the snapshot tests; review the diff",
        run: tasks::bless,
    },
    Task { name: "docs", about: "the documentation as docs.rs builds it", run: tasks::docs },
    Task {
        name: "features",
        about: "every combination of features, by cargo-hack",
        run: tasks::features,
    },
    Task {
        name: "wasm",
        about: "the runtime for wasm32-unknown-unknown, whose target must be installed",
        run: tasks::wasm,
    },
    Task { name: "msrv", about: "the oldest Rust that Cargo.toml allows", run: tasks::msrv },
    Task {
        name: "minimal-versions",
        about: "the oldest dependencies that Cargo.toml allows",
        run: tasks::minimal_versions,
    },
    Task {
        name: "deny",
        about: "licences, advisories and sources of the dependencies [checks]",
        run: tasks::deny,
    },
    Task {
        name: "semver",
        about: "breaking changes of the API since a revision [revision]",
        run: tasks::semver,
    },
    Task { name: "miri", about: "undefined behaviour; takes about 20 minutes", run: tasks::miri },
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some((name, rest)) = arguments.split_first() else {
        print!("{}", usage());
        return ExitCode::SUCCESS;
    };
    let Some(task) = TASKS.iter().find(|task| task.name == name) else {
        eprint!("unknown command `{name}`\n\n{}", usage());
        return ExitCode::from(2);
    };
    match (task.run)(rest) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("cargo xtask {name}: {error}");
            ExitCode::FAILURE
        }
    }
}

fn usage() -> String {
    let width = TASKS.iter().map(|task| task.name.len()).max().unwrap_or_default();
    let lines = TASKS.iter().map(|task| format!("  {:width$}  {}\n", task.name, task.about));
    format!("usage: cargo xtask COMMAND\n\n{}", lines.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    /// The files that tell people and machines which command to run.
    const CALLERS: [&str; 5] =
        [".ci/run", ".github/workflows/ci.yml", "CONTRIBUTING.md", "README.md", "ARCHITECTURE.md"];

    fn read(path: &str) -> String {
        fs::read_to_string(command::root().join(path))
            .unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    #[test]
    fn every_command_that_a_file_names_exists() {
        for path in CALLERS {
            for (number, line) in read(path).lines().enumerate() {
                for rest in line.split("xtask ").skip(1) {
                    let end = rest.find(|c: char| c != '-' && !c.is_ascii_lowercase());
                    let name = &rest[..end.unwrap_or(rest.len())];
                    let known = name.is_empty() || TASKS.iter().any(|task| task.name == name);
                    assert!(known, "{path}:{}: there is no `cargo xtask {name}`", number + 1);
                }
            }
        }
    }

    #[test]
    fn the_workflow_installs_the_oldest_rust_that_is_supported() {
        let install =
            tasks::rust_version().map(|version| format!("toolchain install stable {version} "));
        assert!(install.is_ok_and(|install| read(".github/workflows/ci.yml").contains(&install)));
    }

    #[test]
    fn the_readme_gives_the_command_that_runs_all_tests() {
        let command = format!("\ncargo {}\n", tasks::ALL_TESTS);
        assert!(read("README.md").contains(&command), "README.md does not give {command:?}");
    }

    #[test]
    fn features_and_versions_are_read_from_the_manifests() {
        assert_eq!(tasks::features_of("progress-axum"), Ok(vec!["jobs".to_owned()]));
        let features = tasks::features_of("progress-runtime").unwrap_or_default();
        assert!(features.iter().any(|feature| feature == "terminal"), "{features:?}");
        assert!(!features.iter().any(|feature| feature == "default"), "{features:?}");
        assert!(tasks::rust_version().is_ok_and(|version| version.starts_with("1.")));
        let older = tasks::with_the_oldest_rust().unwrap_or_default();
        assert_eq!(older, ["progress-macros", "progress-runtime", "progress-axum"]);
    }

    #[test]
    fn usage_lists_every_command() {
        let usage = usage();
        assert!(TASKS.iter().all(|task| usage.contains(&format!("\n  {} ", task.name))), "{usage}");
    }
}
