//! Where this user's machine keeps what it has seen of ledgers: `$STOPGAP_ANCHOR_DIR`, else `stopgap` under `$XDG_STATE_HOME`, else
//! `.local/state/stopgap` in the home folder. Operators who keep their key files elsewhere (`$STOPGAP_KEYS`) have an anchor beside them.

use std::path::{Path, PathBuf};

use crate::ops::anchors::Outside;

pub fn outside() -> Outside {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let state = || {
        let state = set("XDG_STATE_HOME").filter(|path| path.is_absolute());
        state.or_else(|| std::env::home_dir().filter(|home| home.is_absolute()).map(|home| home.join(".local/state")))
    };
    let own = set("STOPGAP_ANCHOR_DIR").or_else(|| state().map(|state| state.join("stopgap")));
    let stores = own.into_iter().map(|store| absolute(&store)).collect();
    Outside::at(stores).with_operator_keys(set("STOPGAP_KEYS").map(|keys| absolute(&keys)))
}

/// Means the same whatever folder a later command runs in.
fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.into())
}
