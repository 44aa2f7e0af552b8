//! What the portal received beside what left.

use super::figures::payments;
use super::mask::visible;
use super::paragraph::sentence;
use crate::ops::uploaded::Uploaded;
use crate::say;

pub fn uploaded(uploaded: &Uploaded) -> String {
    let (left, said) = (payments(uploaded.left), payments(uploaded.said));
    let what = match &uploaded.file {
        Some(file) => visible(&file.name).into_owned(),
        None => say!("Batch {batch}", batch = uploaded.batch).to_string(),
    };
    let mut text = match uploaded.agrees() {
        true => sentence(say!("{what}: the bank received what left, {left}.", what, left)),
        false => sentence(say!(
            "{what}: {left} left, and the bank says it received {said}. Do not send anything again. Call the bank, and find out which payments it has.",
            what,
            left,
            said
        )),
    };
    if !uploaded.earlier.is_empty() {
        let earlier: Vec<String> = uploaded.earlier.iter().map(|receipt| visible(receipt).into_owned()).collect();
        text += &sentence(say!(
            "There is another receipt for it already: {earlier}. Was it handed in twice? Ask the bank to stop the second before it is paid.",
            earlier = earlier.join(", ")
        ));
    }
    if uploaded.waiting > 0 {
        text +=
            &sentence(say!("{files:file|files} of the batch without a receipt yet.", files = uploaded.waiting as u64));
    }
    text
}
