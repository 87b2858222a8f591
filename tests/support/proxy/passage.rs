//! One call through the proxy.

use std::sync::{Arc, atomic::Ordering};

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response, StatusCode};
use http_body_util::BodyExt;
use hyper::body::Incoming;

use super::{Asked, CallOutcome, Seen, Shared, Side, batch, server::Dropped};

/// The parts of a call, which may be made more than once.
#[derive(Clone)]
pub(super) struct Forward {
    method: Method,
    url: String,
    headers: HeaderMap,
    body: Bytes,
}

pub(super) type Answer = Result<Response<Bytes>, Dropped>;

impl Shared {
    fn note(&self, side: Side, operation: String) -> Seen {
        let mut counts = self.counts.lock().unwrap();
        counts.number += 1;
        let of_operation = counts.by_operation.entry(operation.clone()).or_default();
        *of_operation += 1;
        let of_operation = *of_operation;
        let turn = counts.turns.entry(operation.clone()).or_default();
        *turn += 1;
        let seen = Seen {
            side,
            turn: *turn,
            number: counts.number,
            of_operation,
            operation,
        };
        if self.is_counting.load(Ordering::SeqCst) {
            counts.seen.push(seen.clone());
        }
        seen
    }

    fn strike(&self) -> Answer {
        let pid = self.victim.load(Ordering::SeqCst);
        assert_ne!(pid, 0, "the proxy was not aimed at a process");
        self.strikes.fetch_add(1, Ordering::SeqCst);
        // SAFETY: kill has no preconditions; the process is a child of this test and not yet waited for.
        unsafe {
            libc::kill(i32::try_from(pid).unwrap(), libc::SIGKILL);
        }
        Err(Dropped)
    }

    async fn call(&self, forward: &Forward) -> Answer {
        let mut call = self
            .http
            .request(forward.method.clone(), &forward.url)
            .body(forward.body.clone());
        for (name, value) in &forward.headers {
            if name != "content-length" {
                call = call.header(name, value);
            }
        }
        let answer = call.send().await.map_err(|_| Dropped)?;
        let (status, headers) = (answer.status(), answer.headers().clone());
        let mut response = Response::new(answer.bytes().await.map_err(|_| Dropped)?);
        *response.status_mut() = status;
        for (name, value) in &headers {
            if name != "transfer-encoding" && name != "content-length" {
                response.headers_mut().append(name, value.clone());
            }
        }
        Ok(response)
    }

    pub(super) async fn pass_on(
        &self,
        side: Side,
        upstream: &str,
        request: Request<Incoming>,
    ) -> Answer {
        let (parts, body) = request.into_parts();
        let body = body.collect().await.map_err(|_| Dropped)?.to_bytes();
        let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
        let forward = Forward {
            url: format!("{upstream}{path}"),
            method: parts.method,
            headers: parts.headers,
            body,
        };
        let guard = self.guard.lock().unwrap().clone();
        let refused = guard.and_then(|guard| {
            guard(&Asked {
                method: &forward.method,
                path: parts.uri.path(),
                query: parts.uri.query(),
                headers: &forward.headers,
                body: &forward.body,
            })
        });
        if let Some(refused) = refused {
            return Ok(refused);
        }
        let seen = self.note(side, operation(side, parts.uri.path(), &forward));
        let asked = forward.body.clone();
        let answer = self.meet_fate(&seen, forward).await?;
        let tap = self.tap.lock().unwrap().clone();
        if let Some(tap) = tap {
            tap(&seen, &asked, answer.body());
        }
        Ok(answer)
    }

    async fn meet_fate(&self, seen: &Seen, forward: Forward) -> Answer {
        let rule = Arc::clone(&self.rule.lock().unwrap());
        match rule(seen) {
            CallOutcome::Pass => self.call(&forward).await,
            CallOutcome::DropBefore => Err(Dropped),
            CallOutcome::DropAfter => {
                self.call(&forward).await?;
                Err(Dropped)
            }
            CallOutcome::KillBefore => self.strike(),
            CallOutcome::KillAfter => {
                self.call(&forward).await?;
                self.strike()
            }
            CallOutcome::Delay(time) => {
                tokio::time::sleep(time).await;
                self.call(&forward).await
            }
            CallOutcome::Hold(gate) => {
                gate.pass().await;
                self.call(&forward).await
            }
            CallOutcome::Repeat => {
                self.call(&forward).await?;
                self.call(&forward).await
            }
            CallOutcome::Throttle => Ok(batch::throttled(&seen.operation)),
            CallOutcome::FailEntries { share, dice } => {
                let split = batch::split(&seen.operation, &forward.body, share, dice);
                let Some(split) = split else {
                    return self.call(&forward).await;
                };
                let Some(body) = split.passed_on() else {
                    return Ok(split.answer_alone());
                };
                let response = self.call(&Forward { body, ..forward }).await?;
                if response.status() != StatusCode::OK {
                    return Ok(response);
                }
                let (parts, body) = response.into_parts();
                Ok(split.merge(parts, &body))
            }
        }
    }
}

fn operation(side: Side, path: &str, forward: &Forward) -> String {
    let target = forward.headers.get("x-amz-target");
    match target.and_then(|target| target.to_str().ok()) {
        Some(target) => target.to_owned(),
        None if side == Side::Aws => format!("S3.{}", forward.method),
        None if path == "/" => "SNS.Publish".to_owned(),
        None => path.to_owned(),
    }
}
