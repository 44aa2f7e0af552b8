//! The JSON of `compare`.

use serde_json::{Value, json};

use crate::ops::compare::{Compared, Obligation, Side};
use crate::payment::Digest;

pub fn compared(compared: &Compared) -> Value {
    let all = |obligations: &[Obligation]| obligations.iter().map(obligation).collect::<Vec<_>>();
    json!({
        "fork": head(&compared.fork),
        "here": head(&compared.here),
        "there": head(&compared.there),
        "one_history": compared.is_one_history(),
        "released_in_both": all(&compared.released_in_both),
        "claimed_in_both": all(&compared.claimed_in_both),
        "only_here": all(&compared.only_here),
        "only_there": all(&compared.only_there),
    })
}

fn head((entry, digest): &(u64, Digest)) -> Value {
    json!({ "entry": entry, "head": digest.to_string() })
}

/// Whose it is, is `null` where no operator's key was at hand.
fn obligation(one: &Obligation) -> Value {
    let payment = one.payment.as_ref();
    json!({
        "end_to_end_id": one.end_to_end_id().to_string(),
        "person_id": payment.map(|payment| payment.obligation.person.whole()),
        "name": payment.map(|payment| payment.name.as_str()),
        "scheme": payment.map(|payment| payment.obligation.scheme.as_str()),
        "period": payment.map(|payment| payment.obligation.period.to_string()),
        "part": payment.map(|payment| payment.obligation.part.as_str()),
        "here": one.here.map(side),
        "there": one.there.map(side),
    })
}

fn side(side: Side) -> Value {
    json!({ "batch": side.batch.to_string(), "amount": side.amount.to_string(), "released": side.released })
}
