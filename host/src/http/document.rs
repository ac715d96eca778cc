//! The OpenAPI document, made from the handlers.

use super::Shared;
use super::access::require;
use crate::operations::tokens::Scope;
use crate::operations::{FieldProblem, Problem};
use axum::Json;
use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use std::sync::LazyLock;
use utoipa::OpenApi as _;
use utoipa::openapi::path::Operation;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{Content, OpenApi, PathItem, Ref, RefOr, Response, ResponseBuilder};
use utoipa_axum::router::OpenApiRouter;

/// What every path begins with.
const BASE: &str = "/api/v1";
/// The name of the way to be let in.
const TOKEN: &str = "token";
/// The name of the way in which webhooks are let in.
const WEBHOOK: &str = "webhook";

#[derive(utoipa::OpenApi)]
#[openapi(
    info(title = "Dockrev", description = "Keeps the containers of a Docker/Compose host up to date without ever leaving a service broken."),
    components(schemas(Problem, FieldProblem)),
    tags(
        (name = "system", description = "Dockrev itself"),
        (name = "checks", description = "What is out of date, and why"),
        (name = "services", description = "Stacks, services and containers"),
        (name = "ignore rules", description = "Tags that nobody wants to be told about"),
        (name = "plans", description = "What would be changed"),
        (name = "jobs", description = "What is changed, and was"),
        (name = "backups", description = "Copies of data"),
        (name = "events", description = "What happens"),
        (name = "webhooks", description = "What others call"),
    )
)]
struct Frame;

/// The document without paths.
pub(super) fn frame() -> OpenApi {
    let mut frame = Frame::openapi();
    // The version of the program is not part of the interface.
    "1".clone_into(&mut frame.info.version);
    let scheme = Http::builder().scheme(HttpAuthScheme::Bearer).description(Some(
        "A token of `dockrev token add`. Also as the password of basic authentication. A trusted proxy's header lets in as well.",
    ));
    let components = frame.components.get_or_insert_default();
    components.security_schemes.insert(TOKEN.to_owned(), SecurityScheme::Http(scheme.build()));
    let secret = ApiKeyValue::with_description(
        "Authorization",
        "The webhook's secret (`harbor`, `distribution`); `ghcr` signs the body with it, and `docker-hub` has it in the \
         address, as `token`.",
    );
    components.security_schemes.insert(WEBHOOK.to_owned(), SecurityScheme::ApiKey(ApiKey::Header(secret)));
    frame
}

/// The whole document.
#[must_use]
pub fn openapi() -> OpenApi {
    super::api().merge(super::called()).into_openapi()
}

/// The routes, for those with this scope only, and said so in the document.
pub(super) fn of_scope(scope: Scope, router: OpenApiRouter<Shared>) -> OpenApiRouter<Shared> {
    let mut router = router.route_layer(from_fn(move |request: Request, next: Next| require(scope, request, next)));
    let security = SecurityRequirement::new(TOKEN, [scope.as_str()]);
    describe(&mut router, &security);
    router
}

/// The routes that are called with the secret of a webhook, said so in the document.
pub(super) fn of_webhooks(mut router: OpenApiRouter<Shared>) -> OpenApiRouter<Shared> {
    let no_scopes: [&str; 0] = [];
    describe(&mut router, &SecurityRequirement::new(WEBHOOK, no_scopes));
    router
}

fn describe(router: &mut OpenApiRouter<Shared>, security: &SecurityRequirement) {
    for (path, item) in &mut router.get_openapi_mut().paths.paths {
        for (method, operation) in operations(item) {
            operation.operation_id = Some(name(method, path));
            operation.security = Some(vec![security.clone()]);
            let answers = &mut operation.responses.responses;
            answers
                .insert("401".to_owned(), RefOr::T(problem("Nobody is known by these credentials, or there are none")));
            answers.insert("403".to_owned(), RefOr::T(problem("The scope is too small, or it came from another site")));
            answers.insert("default".to_owned(), RefOr::T(problem("It was not done")));
        }
    }
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = (&'static str, &mut Operation)> {
    let all = [("get", &mut item.get), ("post", &mut item.post), ("put", &mut item.put), ("delete", &mut item.delete)];
    all.into_iter().filter_map(|(method, operation)| Some((method, operation.as_mut()?)))
}

/// What generated clients call an operation: `get_jobs_id_log`. It says all, and no two have the same.
fn name(method: &str, path: &str) -> String {
    let path = path.strip_prefix(BASE).unwrap_or(path);
    let parts = path.split('/').filter(|part| !part.is_empty()).map(|part| part.trim_matches(['{', '}']));
    parts.fold(method.to_owned(), |name, part| format!("{name}_{}", part.replace('-', "_")))
}

fn problem(description: &str) -> Response {
    let content = Content::new(Some(Ref::from_schema_name("Problem")));
    ResponseBuilder::new().description(description).content("application/json", content).build()
}

/// The document, for whoever looks around.
pub(super) async fn serve() -> Json<&'static OpenApi> {
    static DOCUMENT: LazyLock<OpenApi> = LazyLock::new(openapi);
    Json(&DOCUMENT)
}
