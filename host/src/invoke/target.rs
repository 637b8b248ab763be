//! Which function is meant: by its name, its route, its file, or a path that a request would have. The settings are read as
//! `serve` reads them, and the folder's routes decide who gets a path; no function is loaded here, and no other one's files
//! are looked at.

use std::fs;
use std::path::{Path, PathBuf};

use crate::begin::{self, Beginning, OfComponent};
use crate::cli::Place;
use crate::config::{Policy, Problem, Problems, nearest};
use crate::invoke::gateway;
use crate::load;
use crate::route::{self, Found, Pattern, RequestPath, Scan, Segment, Table};

/// What a component's file ends with.
const COMPONENT: &str = ".wasm";

/// A function that was found, and the folder that it is in.
pub(crate) struct Target {
    /// The settings of its host.
    pub(crate) beginning: Beginning,
    /// Its files.
    pub(crate) found: Found,
    /// Its route, with the host's prefix.
    pub(crate) route: String,
    /// The verifiers in the folder.
    verifiers: Vec<PathBuf>,
    /// All routes of the folder.
    routes: Table<Found>,
}

/// Why there is none.
#[derive(Debug)]
pub(crate) enum NotFound {
    /// The host would not start: everything that is wrong.
    Wrong(Problems),
    /// There is no such function; what to write instead.
    Unknown(String),
}

impl From<Problems> for NotFound {
    fn from(problems: Problems) -> Self {
        Self::Wrong(problems)
    }
}

impl Target {
    /// Finds the function called `name`; without a name, the one that serves `path`.
    ///
    /// # Errors
    ///
    /// If the settings are wrong, or no function is meant.
    pub(crate) fn find(place: &Place, name: Option<&str>, path: Option<&str>) -> Result<Self, NotFound> {
        match name {
            Some(file) if file.ends_with(COMPONENT) => Self::of_file(place, Path::new(file)),
            name => {
                let beginning = begin::read(place, place.overrides())?;
                let scan = scan(&beginning.settings.functions)?;
                Self::of_scan(beginning, scan, |target| target.named(name, path))
            }
        }
    }

    /// The function of a component's file, wherever that lies. In the functions folder it has its route there; elsewhere,
    /// what lies beside it is none of its business, but for its policy.
    fn of_file(place: &Place, file: &Path) -> Result<Self, NotFound> {
        let unreadable = |error| NotFound::Unknown(format!("{} cannot be read: {error}", file.display()));
        fs::metadata(file).map_err(unreadable)?;
        let OfComponent { beginning, file: relative, is_among } = begin::read_of_component(place, file)?;
        let root = &beginning.settings.functions;
        // Others may claim its route.
        let scan = if is_among { scan(root)? } else { route::scan_one(root, &relative) };
        Self::of_scan(beginning, scan, |target| {
            if let Some((_, found)) = target.routes.iter().find(|(_, found)| found.file == relative) {
                return Ok(found.clone());
            }
            let ignored = target.scan.ignored.iter().find(|ignored| ignored.path == relative);
            let reason = match ignored {
                Some(ignored) => ignored.reason.as_str(),
                None if target.scan.verifiers.contains(&relative) => {
                    "it is a verifier; invoke a function whose policy names it"
                }
                None => "host routes says why",
            };
            Err(format!("{} serves nothing where it is: {reason}", file.display()))
        })
    }

    fn of_scan(
        beginning: Beginning,
        scan: Scan,
        choose: impl FnOnce(&Folder<'_>) -> Result<Found, String>,
    ) -> Result<Self, NotFound> {
        let settings = &beginning.settings;
        let entries = scan.functions.iter().map(|found| (found.pattern.clone(), found.clone())).collect();
        let routes = Table::new(entries, &settings.prefix).map_err(|error| NotFound::Unknown(error.to_string()))?;
        let found =
            choose(&Folder { beginning: &beginning, scan: &scan, routes: &routes }).map_err(NotFound::Unknown)?;
        let route = load::route_of(&found.pattern, &settings.prefix).to_string();
        Ok(Self { found, route, verifiers: scan.verifiers, routes, beginning })
    }

    /// What of the folder has to be looked at for this function.
    pub(crate) fn scan(&self) -> Scan {
        Scan { functions: vec![self.found.clone()], verifiers: self.verifiers.clone(), ..Scan::default() }
    }

    /// What the function's policy says, where it says it well.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with it.
    pub(crate) fn policy(&self) -> Result<Policy, Problems> {
        let settings = &self.beginning.settings;
        match &self.found.policy {
            Some(policy) => load::check_policy(&settings.functions, policy, &settings.policies),
            None => Ok(Policy::without_file(&settings.policies.of(&self.found.file))),
        }
    }

    /// The path that a request for the function has if nobody says one.
    ///
    /// # Errors
    ///
    /// If its route has parameters, whose values only the caller knows.
    pub(crate) fn path(&self) -> Result<String, String> {
        if self.found.pattern.segments().iter().all(|segment| matches!(segment, Segment::Literal(_))) {
            return Ok(gateway::path(&self.route));
        }
        Err(format!("its route is {}; say what stands there, as --path {}", self.route, example(&self.route)))
    }

    /// What of `path` follows the function's route.
    ///
    /// # Errors
    ///
    /// If a request with this path is for another function, or for none.
    pub(crate) fn subpath<'p>(&self, path: &'p str) -> Result<&'p str, String> {
        // What the host says of a path that is none is seen in its answer.
        let Ok(parsed) = RequestPath::parse(path) else { return Ok("") };
        match self.routes.lookup(&parsed) {
            Some(matched) if matched.value.file == self.found.file => Ok(matched.subpath),
            Some(matched) => Err(format!(
                "the path {path} is for {}, not for {}; invoke that, or write --path {}",
                matched.pattern.name(),
                self.found.pattern.name(),
                example(&self.route)
            )),
            None => Err(format!(
                "the path {path} is not one of {}, whose route is {}; write --path {}",
                self.found.pattern.name(),
                self.route,
                example(&self.route)
            )),
        }
    }
}

/// A functions folder, looked through.
struct Folder<'a> {
    beginning: &'a Beginning,
    scan: &'a Scan,
    routes: &'a Table<Found>,
}

impl Folder<'_> {
    fn named(&self, name: Option<&str>, path: Option<&str>) -> Result<Found, String> {
        let Some(name) = name else {
            let path = path.ok_or("name a function: host invoke NAME; `host routes` lists them")?;
            let parsed = RequestPath::parse(path).map_err(|error| format!("{path}: {error}"))?;
            let found = self.routes.lookup(&parsed).map(|matched| matched.value.clone());
            return found.ok_or_else(|| format!("no function serves the path {path}; {}", self.there_is(path)));
        };
        let settings = &self.beginning.settings;
        let is_named = |pattern: &Pattern| {
            pattern.name() == name || pattern.to_string() == name || *load::route_of(pattern, &settings.prefix) == *name
        };
        if let Some(found) = self.scan.functions.iter().find(|found| is_named(&found.pattern)) {
            return Ok(found.clone());
        }
        if let Some(conflict) = self.scan.conflicts.iter().find(|conflict| is_named(&conflict.pattern)) {
            return Err(conflict.to_string());
        }
        Err(format!("no function is called {name:?} in {}; {}", settings.functions.display(), self.there_is(name)))
    }

    /// What was probably meant, or all that there is.
    fn there_is(&self, word: &str) -> String {
        let names: Vec<String> = self.scan.functions.iter().map(|found| found.pattern.name()).collect();
        let word = word.trim_matches('/');
        match nearest(word, names.iter().map(String::as_str)) {
            Some(meant) => format!("did you mean {meant:?}?"),
            None if names.is_empty() => "there is none: a function is a component in it, as hello.wasm".to_owned(),
            // A screen, not a folder full of them.
            None if names.len() > 20 => format!("there are {}: `host routes` lists them", names.len()),
            None => format!("there is {}", names.join(", ")),
        }
    }
}

fn scan(functions: &Path) -> Result<Scan, NotFound> {
    route::scan(functions).map_err(|error| {
        let fix = "let the host's user read it, or name another folder";
        NotFound::Wrong(Problem::of_file(functions, error.to_string(), fix).into())
    })
}

/// A path as a route's could be: `/orders/[id]` is `/orders/1`.
fn example(route: &str) -> String {
    let segment = |segment: &str| {
        let is_parameter = segment.starts_with('[') && segment.ends_with(']');
        if is_parameter { "1".to_owned() } else { gateway::path(segment) }
    };
    route.split('/').map(segment).collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_route_has_an_example() {
        assert_eq!(example("/orders/[id]/[...rest]"), "/orders/1/1");
        assert_eq!(example("/a b"), "/a%20b");
    }
}
