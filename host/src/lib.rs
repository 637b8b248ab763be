//! A host for functions that run as WebAssembly components. It checks a webhook's signature, the caller's identity and
//! the quota *before* a sandbox exists, and gives every request a fresh one.
//!
//! # The path of a request
//!
//! ```text
//! listen -> route -> count -> read body -> verify -> handshake -> authorize -> count -> claim -> admit
//!        -> instantiate + call -> reply
//! ```
//!
//! | step | file | makes |
//! |---|---|---|
//! | bytes become a request | [`listen`] (whose, says [`forwarded`]) | [`Inbound`](request::Inbound) |
//! | the steps, one after the other | [`pipeline`] | the reply |
//! | who is it for, and may this client ask at all | [`reach`] (with the rules of [`head`] and of [`route`]) | [`Routed`](reach::Routed) |
//! | has its client called too often | [`quota`], asked by [`reach`] | |
//! | the body, whole and bounded | [`body`] (within the host's [`room`]) | bytes |
//! | is it signed | [`verify`] (with the crate `signatures`) | [`Verified`](verify::Verified) |
//! | does it only ask whether somebody is there | [`handshake`] (what is not signed: before [`verify`]) | the answer |
//! | who is calling | [`auth`] | [`Authorized`](auth::Authorized) |
//! | has this caller called too often | [`quota`] | [`Counted`](quota::Counted) |
//! | has it run before | [`replay`] | [`Claimed`](replay::Claimed) |
//! | is there room | [`limit`] | [`Admitted`](limit::Admitted) |
//! | the request in the contract's terms | [`event`] | [`Event`](event::Event) |
//! | a fresh sandbox, and the call | [`runtime`] | [`Outcome`](runtime::Outcome) |
//! | the call's end, also if its client has gone | `finish` | |
//! | an answer that is still written, piece by piece | `pieces` | |
//! | what the client gets | [`reply`] (with the rules of [`browser`]) | the reply |
//!
//! Each type can only be made of the one before it, in the module that makes it: code that skips a gate does not
//! compile. A gate that turns a request away says so with a [`Refusal`](refusal::Refusal).
//!
//! What several hosts know together is on a server that [`remote`] connects to, behind [`quota`] and [`replay`].
//!
//! Before the first request, [`begin`] reads the settings ([`config`]) for [`serve`], [`reload`] turns the functions folder
//! into a table of [`function`]s (each made by [`load`]), [`report`] says what there is and [`warnings`] what of it is weak.
//! From then on [`reload`] follows what changes. `host routes` and `host check` ([`commands`]) do the same up to there.
//!
//! What an author does before there is a function to serve, [`project`] does: `host build`, `host test`, `host dev`.
//!
//! What a function may reach beside its request is a [`grant`]; the stores among it are [`kv`]. What must outlive the host,
//! deliveries and stores, is in [`state`].

pub mod admin;
pub mod app;
pub mod auth;
pub mod begin;
pub mod body;
pub mod browser;
pub mod cli;
pub mod commands;
pub mod config;
pub mod event;
mod finish;
pub mod forwarded;
pub mod function;
pub mod grant;
pub mod handshake;
pub mod head;
mod hop;
pub mod kv;
pub mod limit;
pub mod listen;
pub mod load;
pub mod observe;
pub mod outbound;
mod pieces;
pub mod pipeline;
pub mod project;
pub mod quota;
pub mod reach;
pub mod refusal;
pub mod reload;
pub mod remote;
pub mod replay;
pub mod reply;
pub mod report;
pub mod request;
pub mod room;
pub mod route;
pub mod runtime;
pub mod serve;
pub mod state;
pub mod verify;
pub mod warnings;
