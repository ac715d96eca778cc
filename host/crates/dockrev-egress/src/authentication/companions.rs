//! Repositories that are read together, so that one token serves several of them.

use crate::challenge::Challenge;
use crate::origin::Origin;
use std::collections::HashMap;
use std::sync::Arc;

/// Most repositories that one token is asked for. Each one is a parameter of the question, and an entry of the token, which
/// is sent along as a header field: servers take 8 KiB of either.
const TOGETHER_MAX: usize = 20;
/// Longest names of these together, in bytes.
const TOGETHER_MAX_BYTES: usize = 3000;
/// Repositories of a registry that are remembered as announced.
const ANNOUNCED_MAX: usize = 10_000;

/// What was announced of one registry.
#[derive(Debug, Default)]
pub(crate) struct Companions {
    /// The scopes of the token that a repository has its part in. Who was refused with it is on its own.
    scopes: HashMap<String, Arc<str>>,
    /// What the registry wanted to know last, of whichever of them.
    challenge: Option<Challenge>,
}

impl Companions {
    /// Puts the repositories together, always in the same way.
    pub(crate) fn of(mut repositories: Vec<String>) -> Self {
        repositories.sort_unstable();
        repositories.dedup();
        repositories.truncate(ANNOUNCED_MAX);
        let mut scopes = HashMap::new();
        let mut left = repositories.as_slice();
        while !left.is_empty() {
            let (together, others) = left.split_at(first_group(left));
            if together.len() > 1 {
                let scope: Arc<str> = together.iter().map(|name| scope_of(name)).collect::<Vec<_>>().join(" ").into();
                scopes.extend(together.iter().map(|name| (name.clone(), Arc::clone(&scope))));
            }
            left = others;
        }
        Self { scopes, challenge: None }
    }

    /// What to ask a token for, so that it is good for `repository` and its companions.
    pub(crate) fn scope(&self, repository: &str) -> Option<Arc<str>> {
        self.scopes.get(repository).cloned()
    }

    /// What the registry wants, if `repository` has companions and one of them was told.
    pub(crate) fn challenge(&self, repository: &str) -> Option<Challenge> {
        self.challenge.clone().filter(|_| self.scopes.contains_key(repository))
    }

    /// Remembers what the registry wants.
    pub(crate) fn told(&mut self, challenge: &Challenge) {
        self.challenge = Some(challenge.clone());
    }

    /// From now on, `repository` has a token of its own.
    pub(crate) fn leave(&mut self, repository: &str) {
        self.scopes.remove(repository);
    }

    /// From now on, all that `scope` was for have tokens of their own.
    pub(crate) fn part(&mut self, scope: &str) {
        self.scopes.retain(|_, other| **other != *scope);
    }
}

/// By registry.
pub(crate) type Announced = HashMap<Origin, Companions>;

/// Reading `repository`, in the words of the token specification.
pub(crate) fn scope_of(repository: &str) -> String {
    format!("repository:{repository}:pull")
}

/// How many of `repositories` fit into one token: at least one.
fn first_group(repositories: &[String]) -> usize {
    let mut bytes = 0;
    let fits = |name: &&String| {
        bytes += name.len();
        bytes <= TOGETHER_MAX_BYTES
    };
    repositories.iter().take(TOGETHER_MAX).take_while(fits).count().max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn groups(names: Vec<String>) -> Vec<usize> {
        let companions = Companions::of(names);
        let mut scopes: Vec<&Arc<str>> = companions.scopes.values().collect();
        scopes.sort_unstable();
        scopes.dedup();
        scopes.iter().map(|scope| scope.split(' ').count()).collect()
    }

    #[test]
    fn a_token_is_for_so_many_that_every_server_takes_it() {
        let names = |count: usize| (0..count).map(|number| format!("team/app-{number:03}")).collect();
        assert_eq!(groups(names(1)), [] as [usize; 0]);
        assert_eq!(groups(names(2)), [2]);
        assert_eq!(groups(names(45)), [20, 20, 5]);
        assert_eq!(groups(names(41)), [20, 20]);
        let long = (0..30).map(|number| format!("{}/{number}", "n".repeat(250))).collect();
        assert_eq!(groups(long), [11, 11, 8]);
        assert_eq!(groups(vec!["a".to_owned(), "a".to_owned()]), [] as [usize; 0]);
    }

    #[test]
    fn who_leaves_does_not_change_what_the_others_ask_for() {
        let mut companions = Companions::of(vec!["b".to_owned(), "a".to_owned()]);
        assert_eq!(companions.scope("a").as_deref(), Some("repository:a:pull repository:b:pull"));
        assert_eq!(companions.scope("c"), None);
        companions.leave("a");
        assert_eq!((companions.scope("a"), companions.challenge("a")), (None, None));
        let scope = companions.scope("b").unwrap();
        assert_eq!(&*scope, "repository:a:pull repository:b:pull");
        companions.part(&scope);
        assert_eq!(companions.scope("b"), None);
    }
}
