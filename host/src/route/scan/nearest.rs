//! Which component a policy without one was perhaps written for. It owns the guess; it must not
//! decide anything: no policy is applied to a component that only resembles its name.

use std::path::PathBuf;

use super::{Found, Orphan};

/// How many orphans are told what they resemble. Comparing each with every component would let a
/// folder full of them hold the host up; whoever has so many knows the cause after the first few.
const GUESSES: usize = 20;

/// A policy that has no component beside it.
pub(super) struct Stray {
    pub(super) path: PathBuf,
    /// The route that its component would serve.
    pub(super) route: String,
}

/// Guesses each stray policy's component.
pub(super) fn name_owners(strays: Vec<Stray>, components: &[Found]) -> Vec<Orphan> {
    let names: Vec<_> = components.iter().map(|found| (Key::of(found), &found.file)).collect();
    let guess = |(position, stray): (usize, Stray)| {
        let nearest = (position < GUESSES).then(|| nearest(&stray, &names)).flatten();
        Orphan { policy: stray.path, nearest }
    };
    strays.into_iter().enumerate().map(guess).collect()
}

/// What a component is compared by. Case is left out, as it is a common slip.
struct Key {
    route: String,
    /// The file's path without extension, which differs from the route in a function's own folder.
    stem: String,
}

impl Key {
    fn of(found: &Found) -> Self {
        let stem = found.file.with_extension("");
        Self {
            route: found.pattern.to_string().trim_start_matches('/').to_lowercase(),
            stem: stem.to_string_lossy().to_lowercase(),
        }
    }
}

fn nearest(stray: &Stray, components: &[(Key, &PathBuf)]) -> Option<PathBuf> {
    let route = stray.route.to_lowercase();
    let stem = stray.path.with_extension("").to_string_lossy().to_lowercase();
    let near = components.iter().filter_map(|(key, file)| {
        let by_route = distance(&route, &key.route);
        let by_stem = distance(&stem, &key.stem);
        Some((by_route.into_iter().chain(by_stem).min()?, *file))
    });
    near.min().map(|(_, file)| file.clone())
}

/// How far apart two names are, if they are in one folder and near: one slip in three characters,
/// three at most.
fn distance(one: &str, other: &str) -> Option<usize> {
    let ((one_folder, one), (other_folder, other)) = (split_last(one), split_last(other));
    let (one_length, other_length) = (one.chars().count(), other.chars().count());
    let allowed = (one_length.max(other_length) / 3).min(3);
    if one_folder != other_folder || one_length.abs_diff(other_length) > allowed {
        return None;
    }
    Some(strsim::osa_distance(one, other)).filter(|distance| *distance <= allowed)
}

fn split_last(path: &str) -> (&str, &str) {
    path.rsplit_once('/').unwrap_or(("", path))
}
