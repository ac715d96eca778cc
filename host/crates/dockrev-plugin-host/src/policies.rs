use crate::bindings::version_policy::exports::dockrev::plugin::policy as wit;
use crate::host::PluginHost;
use crate::load::{Code, Plugin};
use crate::text::shown;
use async_trait::async_trait;
use dockrev_core::ids::PluginId;
use dockrev_core::image::Tag;
use dockrev_core::policy::{Assessment, Following, Level, PolicyError, PolicyQuestion, Relation, Verdict};
use dockrev_core::ports::VersionPolicy;
use dockrev_core::registry::PluginError;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// Judges versions through one policy unless another one is named.
#[derive(Clone, Debug)]
pub struct Policies {
    host: Arc<PluginHost>,
    default: PluginId,
}

impl Policies {
    /// Uses the policies of `host`, and `default` where none is named.
    #[must_use]
    pub fn new(host: Arc<PluginHost>, default: PluginId) -> Self {
        Self { host, default }
    }

    /// Judges through the policy `plugin`.
    ///
    /// # Errors
    ///
    /// When there is no such policy, it cannot judge the question, or it fails.
    pub async fn assess_with(&self, plugin: &PluginId, question: &PolicyQuestion) -> Result<Verdict, PolicyError> {
        let no_policy = || PolicyError::NoPolicy(plugin.to_string());
        let plugin = self.host.plugin(plugin).ok_or_else(no_policy)?;
        let Code::VersionPolicy(pre) = &plugin.code else {
            return Err(no_policy());
        };
        let asked = describe(question);
        let answer = self
            .host
            .call(plugin, None, |mut store| async move {
                let policy = pre.instantiate_async(&mut store).await?;
                policy.dockrev_plugin_policy().call_assess(&mut store, &asked).await
            })
            .await?
            .answer;
        Ok(check(plugin, question, answer.map_err(translate)?)?)
    }
}

#[async_trait]
impl VersionPolicy for Policies {
    async fn assess(&self, question: &PolicyQuestion) -> Result<Verdict, PolicyError> {
        self.assess_with(&self.default, question).await
    }
}

fn describe(question: &PolicyQuestion) -> wit::Question {
    let tags = question.tags.iter().map(|tag| wit::Candidate {
        name: tag.name.to_string(),
        digest: tag.digest.as_ref().map(ToString::to_string),
        pushed_at_unix_s: tag.pushed_at_unix_s,
    });
    wit::Question {
        current: question.current.to_string(),
        tags: tags.collect(),
        truncated: question.truncated,
        every_tag: question.every_tag,
        service_settings: question.service_settings.to_string(),
    }
}

fn check(plugin: &Plugin, question: &PolicyQuestion, verdict: wit::Verdict) -> Result<Verdict, PluginError> {
    // The current tag may be judged although the repository does not have it any more.
    let given = question.tags.iter().map(|tag| &tag.name).chain([&question.current]);
    let known: HashMap<&str, &Tag> = given.map(|tag| (tag.as_str(), tag)).collect();
    let mut assessed = HashSet::new();
    let mut assessments = Vec::with_capacity(verdict.assessments.len().min(known.len()));
    for assessment in verdict.assessments {
        let Some((name, tag)) = known.get_key_value(assessment.tag.as_str()) else {
            return Err(
                plugin.invalid_answer(format!("it judged `{}`, which is not among the tags", short(&assessment.tag)))
            );
        };
        if !assessed.insert(*name) {
            return Err(plugin.invalid_answer(format!("it judged `{name}` twice")));
        }
        assessments.push(Assessment {
            tag: (*tag).clone(),
            relation: relation(assessment.relation),
            level: assessment.level.map(level),
            eligible: assessment.eligible,
            reason: shown(&assessment.reason),
        });
    }
    let choice = verdict.choice.map(|choice| choose(plugin, &assessments, &choice)).transpose()?;
    let following = match verdict.following {
        wit::Following::Version => Following::Version,
        wit::Following::Digest => Following::Digest,
    };
    Ok(Verdict { following, assessments, choice, reason: shown(&verdict.reason) })
}

fn choose(plugin: &Plugin, assessments: &[Assessment], choice: &str) -> Result<Tag, PluginError> {
    let chosen = assessments.iter().find(|assessment| assessment.tag.as_str() == choice && assessment.eligible);
    let problem = || format!("it chose `{}`, which is not among its eligible tags", short(choice));
    chosen.map(|assessment| assessment.tag.clone()).ok_or_else(|| plugin.invalid_answer(problem()))
}

fn relation(relation: wit::Relation) -> Relation {
    match relation {
        wit::Relation::Current => Relation::Current,
        wit::Relation::Newer => Relation::Newer,
        wit::Relation::Older => Relation::Older,
        wit::Relation::OtherTrack => Relation::OtherTrack,
        wit::Relation::NotAVersion => Relation::NotAVersion,
    }
}

fn level(level: wit::Level) -> Level {
    match level {
        wit::Level::Major => Level::Major,
        wit::Level::Minor => Level::Minor,
        wit::Level::Patch => Level::Patch,
        wit::Level::SameLevel => Level::SameLevel,
    }
}

fn translate(error: wit::PolicyError) -> PolicyError {
    match error {
        wit::PolicyError::InvalidSettings((name, problem)) => {
            PolicyError::InvalidSettings { name: short(&name), problem: shown(&problem) }
        }
        wit::PolicyError::UnsupportedTag(reason) => PolicyError::UnsupportedTag(shown(&reason)),
    }
}

/// Longest tag or setting's name that is shown, in bytes.
const NAME_MAX_BYTES: usize = 128;

fn short(text: &str) -> String {
    crate::text::one_line(text, NAME_MAX_BYTES)
}
