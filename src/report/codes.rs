//! Every code a finding can have. A new one is a line here and a page in `pages/`. The number of one that is given up is
//! never used again.
//!
//! FC0xx a bug in fleetc, FC1xx admit, FC2xx bind, FC3xx tenancy, FC4xx access, FC5xx federation, FC6xx trust, FC7xx
//! lifecycle and delivery, FC8xx review.

use super::{Code, Level, closest};

/// The code of an id, whatever its case.
pub fn by_id(id: &str) -> Option<&'static Code> {
    ALL.iter().find(|code| code.id.eq_ignore_ascii_case(id))
}

/// The id that is most likely meant where [`by_id`] finds none.
pub fn did_you_mean(id: &str) -> Option<&'static str> {
    closest(id, ALL.iter().map(|code| code.id))
}

macro_rules! codes {
    ($($id:ident $level:ident $title:literal;)*) => {
        $(
            #[doc = concat!($title, ".")]
            pub const $id: Code = Code {
                id: stringify!($id),
                level: Level::$level,
                title: $title,
                page: include_str!(concat!("pages/", stringify!($id), ".md")),
            };
        )*

        /// Every code, in order.
        pub const ALL: &[Code] = &[$($id),*];
    };
}

codes! {
    FC001 Error "internal error";

    FC101 Error "not valid YAML";
    FC102 Error "duplicate key";
    FC103 Error "not UTF-8";
    FC104 Error "input beyond a limit";
    FC105 Error "unknown field";
    FC106 Error "unknown kind";
    FC107 Error "missing field";
    FC108 Error "wrong type";
    FC109 Error "value not allowed";
    FC110 Error "word that YAML versions read differently";
    FC111 Error "secret in clear";
    FC112 Error "field that is not compiled";
    FC113 Info "field without effect";
    FC114 Info "documents passed over";
    FC115 Error "two spellings that differ";
    FC116 Error "named file is missing";

    FC201 Error "object defined twice";
    FC202 Error "unknown cluster";
    FC203 Error "selector matches nothing";
    FC204 Error "one Fleet, named like its folder";
    FC205 Error "inventory of an unknown cluster";
    FC206 Error "two trust domains for one cluster";
    FC207 Error "inventory objects of one name differ";
    FC208 Info "kind the fleet does not have";
    FC209 Warning "waiver without effect";
    FC210 Error "incomplete waiver";

    FC301 Error "namespace owned by two workspaces";
    FC302 Error "system namespace in a workspace";
    FC303 Error "namespaces that identities cannot tell apart";
    FC304 Error "misplaced workspace settings";
    FC305 Warning "import that nothing exports";
    FC306 Warning "export that nobody imports";
    FC307 Warning "resources match no Service";
    FC308 Info "unowned namespaces are open";
    FC309 Error "`configEnabled` set on some siblings only";
    FC310 Warning "namespace not in the inventory";

    FC401 Error "request attributes without a waypoint";
    FC402 Error "overlapping policies on one workload";
    FC403 Error "destination is not captured";
    FC404 Warning "namespace without a dataplane mode";
    FC405 Warning "dead grant";
    FC406 Error "selector needs a volatile label";
    FC407 Warning "policy meets a Service without pods";
    FC408 Warning "allowed client is not captured";
    FC409 Error "foreign policy interferes";
    FC410 Error "destination in the root namespace";
    FC411 Warning "permissive mode without effect";
    FC412 Error "named target port is not the same everywhere";
    FC413 Error "mutual TLS cannot be disabled";
    FC415 Error "policy without reach";
    FC417 Warning "identity shared with an account that is not selected";
    FC418 Error "exception on part of what a policy refuses";
    FC419 Warning "exception that nothing needs";
    FC420 Error "call from outside the mesh is refused";
    FC421 Warning "call from somebody unknown is refused";
    FC422 Warning "network policy cuts the mesh";
    FC423 Warning "network policy that the mesh goes around";
    FC425 Error "no waypoint where one is named";
    FC426 Error "way to a pod past its waypoint";
    FC427 Error "waypoints of several clusters that differ";
    FC428 Error "pods that a waypoint cannot tell apart";
    FC429 Warning "callers past a waypoint";
    FC430 Error "tokens that nobody validates";
    FC431 Error "text that Istio would match otherwise";
    FC432 Warning "client addresses that do not survive";
    FC433 Warning "dry run that enforces nothing";
    FC434 Error "trust domain that a waypoint reads as another";
    FC440 Warning "foreign policy where the fleet says nothing";
    FC441 Warning "policy that claims to be rendered";
    FC442 Error "invariant does not hold";
    FC443 Warning "invariant about nothing";
    FC444 Error "sync passes through what is not meant";

    FC450 Warning "access policy that adds nothing";
    FC451 Info "allowed client that is allowed already";
    FC452 Warning "foreign rule that ztunnel does not apply";
    FC453 Warning "foreign policy that a broader one makes pointless";
    FC454 Info "foreign policy whose removal opens pods";
    FC455 Info "namespaces of workspaces that are open";
    FC456 Warning "principal that nobody presents";
    FC457 Warning "dot in a service account at a waypoint";

    FC501 Error "peer without an address";
    FC502 Error "address shared by two clusters";
    FC503 Error "segment matches no Service";
    FC504 Error "ports differ between clusters";
    FC505 Error "host claimed twice";
    FC506 Info "what ambient honours of a VirtualDestination";
    FC507 Error "backing Services in two namespaces";
    FC508 Info "peers wait for a pending cluster";
    FC509 Info "trust domains differ";
    FC510 Error "not possible with this distribution or version";
    FC511 Warning "host not reachable from an importer";
    FC512 Info "what remote secrets need";
    FC513 Warning "no gateway that other networks reach";
    FC514 Error "host of its own within one network";
    FC515 Warning "works, but its makers reserve it";
    FC516 Info "node ports that must be pinned";
    FC517 Info "clusters that do not know each other";
    FC518 Error "host that the mesh gives to a Service";
    FC519 Error "host would reach pods of no selected Service";
    FC520 Error "unknown segment";
    FC521 Error "two segments of one name or domain";
    FC522 Error "alias of two Services";
    FC523 Warning "global Service that none of the hosts name";
    FC524 Error "failover that ambient does not follow";
    FC525 Error "outlier detection without a waypoint";
    FC526 Error "two policies with other limits for a Service";
    FC527 Error "remote secrets without a reader";
    FC528 Error "two ports on one node port";

    FC601 Error "source of cacerts not supported";
    FC602 Error "more than one writer of cacerts";
    FC603 Info "what the source of trust needs";
    FC604 Error "certificate options out of range";
    FC605 Error "source of cacerts is not installed";
    FC606 Error "nothing decrypts what SOPS encrypted";
    FC607 Info "present root is not known";
    FC608 Error "root bundle is not consistent";
    FC609 Warning "path of Vault that signs no CA";
    FC610 Error "offline CA is not complete";
    FC611 Error "not a public certificate";
    FC612 Error "present root is left out";
    FC613 Error "path of Vault not understood";
    FC614 Error "root of a peer is not trusted";
    FC615 Info "roots trusted side by side";
    FC616 Warning "alias is the trust domain of another cluster";
    FC617 Warning "peer is expected in another trust domain";
    FC618 Warning "roots that ztunnel does not read";
    FC619 Warning "trust between clusters is not known";

    FC620 Error "change unsafe for some order of syncing";
    FC621 Error "phase of a rotation skipped";
    FC622 Error "phase of a rotation is not over";
    FC623 Warning "phase of a rotation without a date";
    FC624 Error "earlier state cannot be compared with";
    FC625 Error "certificate is no usable CA";
    FC626 Error "weak key or signature";
    FC627 Error "chain of certificates is broken";
    FC628 Error "two roots of one subject";
    FC629 Error "certificate outlives its issuer";
    FC630 Error "certificate is not valid on the day";
    FC631 Warning "certificate ends soon";
    FC633 Error "bundle that istiod does not take over";
    FC634 Error "another issuer whose root is not known";
    FC635 Info "signers that may sign further CAs";
    FC636 Error "key of another certificate";

    FC701 Warning "version is not pinned";
    FC702 Error "two versions of one component";
    FC703 Error "no Helm counterpart";
    FC704 Info "nothing to deliver";
    FC705 Error "build would delete what runs";
    FC706 Error "global label must be withdrawn first";
    FC707 Error "versions not supported together";
    FC708 Warning "clusters run different versions";
    FC709 Error "output file changed by another hand";
    FC710 Error "delivery option not supported";
    FC711 Error "lock file cannot be read";
    FC712 Error "waves that nothing orders";
    FC713 Error "repository address that the engine cannot read";
    FC714 Warning "cluster without a wave, or wave without a cluster";
    FC715 Warning "no revision is the default one";
    FC716 Error "which revision is the default one is not clear";
    FC717 Warning "version of Kubernetes that Istio does not support";
    FC718 Info "what observability needs";
    FC719 Error "observability is not installed";
    FC730 Error "cluster must be drained first";
    FC731 Warning "global service loses its last cluster";
    FC732 Warning "new cluster changes the others";
    FC733 Error "file cannot be edited in place";
    FC740 Warning "label that two tools apply";
}
