//! Weaves all mutants of a file into its text, so that one build holds them all and each is switched on by its number.
//!
//! `a < b` becomes `(if at(7) { a == b } else if at(8) { a > b } else { a < b })`, a function begins with `if at(9) { return …; }`, an arm of a
//! match gets a guard. Comments mark what belongs to which mutant, so that what the compiler refuses can be left out.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use anyhow::{Context, Result};
use syn::spanned::Spanned;
use syn::visit::{self, Visit};

use crate::mutants::{Mutant, Place};

type Ids = Vec<usize>;

/// A place in the text at which something changes.
struct Node {
    range: Range<usize>,
    kind: Kind,
}

enum Kind {
    /// A function's body begins here.
    Body(Ids),
    Binary {
        left: Range<usize>,
        operator: Range<usize>,
        right: Range<usize>,
        ids: Ids,
    },
    Unary {
        operand: Range<usize>,
        ids: Ids,
    },
    /// Between the pattern and the arrow.
    Guard {
        guard: Option<Range<usize>>,
        ids: Ids,
    },
}

struct Finder {
    /// By genre and where it begins.
    wanted: BTreeMap<(String, Place), Ids>,
    nodes: Vec<Node>,
}

fn place(span: proc_macro2::Span) -> Place {
    let start = span.start();
    Place { line: start.line, column: start.column + 1 }
}

fn contains_let(expression: &syn::Expr) -> bool {
    match expression {
        syn::Expr::Let(_) => true,
        syn::Expr::Binary(binary) => contains_let(&binary.left) || contains_let(&binary.right),
        _ => false,
    }
}

impl Finder {
    fn take(&mut self, genre: &str, at: Place) -> Ids {
        self.wanted.remove(&(genre.to_owned(), at)).unwrap_or_default()
    }

    fn body(&mut self, block: &syn::Block) {
        let Some(first) = block.stmts.first() else { return };
        let ids = self.take("FnValue", place(first.span()));
        let at = first.span().byte_range().start;
        if !ids.is_empty() {
            self.nodes.push(Node { range: at..at, kind: Kind::Body(ids) });
        }
    }
}

impl<'ast> Visit<'ast> for Finder {
    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        self.body(&item.block);
        visit::visit_item_fn(self, item);
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        self.body(&item.block);
        visit::visit_impl_item_fn(self, item);
    }

    fn visit_trait_item_fn(&mut self, item: &'ast syn::TraitItemFn) {
        if let Some(block) = &item.default {
            self.body(block);
        }
        visit::visit_trait_item_fn(self, item);
    }

    fn visit_expr_binary(&mut self, binary: &'ast syn::ExprBinary) {
        let ids = self.take("BinaryOperator", place(binary.op.span()));
        if !ids.is_empty() && !contains_let(&binary.left) && !contains_let(&binary.right) {
            let (left, right) = (binary.left.span().byte_range(), binary.right.span().byte_range());
            let kind =
                Kind::Binary { left: left.clone(), operator: binary.op.span().byte_range(), right: right.clone(), ids };
            self.nodes.push(Node { range: left.start..right.end, kind });
        }
        visit::visit_expr_binary(self, binary);
    }

    fn visit_expr_unary(&mut self, unary: &'ast syn::ExprUnary) {
        let ids = self.take("UnaryOperator", place(unary.op.span()));
        if !ids.is_empty() {
            let kind = Kind::Unary { operand: unary.expr.span().byte_range(), ids };
            self.nodes.push(Node { range: unary.span().byte_range(), kind });
        }
        visit::visit_expr_unary(self, unary);
    }

    fn visit_expr_match(&mut self, expression: &'ast syn::ExprMatch) {
        // Without its arm for everything else, guarded arms would leave something out.
        let is_open = |arm: &syn::Arm| matches!(arm.pat, syn::Pat::Wild(_)) && arm.guard.is_none();
        if !expression.arms.iter().any(is_open) {
            expression.arms.iter().for_each(|arm| drop(self.take("MatchArm", place(arm.span()))));
        }
        visit::visit_expr_match(self, expression);
    }

    fn visit_arm(&mut self, arm: &'ast syn::Arm) {
        let mut ids = self.take("MatchArm", place(arm.span()));
        let guard = arm.guard.as_ref().map(|(_, guard)| guard);
        if let Some(guard) = guard {
            ids.extend(self.take("MatchArmGuard", place(guard.span())));
        }
        if !ids.is_empty() && !guard.is_some_and(|guard| contains_let(guard)) {
            let range = arm.pat.span().byte_range().end..arm.fat_arrow_token.span().byte_range().start;
            self.nodes
                .push(Node { range, kind: Kind::Guard { guard: guard.map(|guard| guard.span().byte_range()), ids } });
        }
        visit::visit_arm(self, arm);
    }
}

struct Weaver<'a> {
    text: &'a str,
    nodes: Vec<Node>,
    mutants: &'a [Mutant],
    left_out: &'a BTreeSet<usize>,
}

impl Weaver<'_> {
    /// The text of the range with every node from the `next` one on woven in.
    fn render(&self, range: Range<usize>, next: usize, woven: &mut String) {
        let mut at = range.start;
        for (index, node) in self.nodes.iter().enumerate().skip(next) {
            if node.range.start < at || node.range.end > range.end {
                continue;
            }
            woven.push_str(&self.text[at..node.range.start]);
            self.node(node, index + 1, woven);
            at = node.range.end;
        }
        woven.push_str(&self.text[at..range.end]);
    }

    fn rendered(&self, range: &Range<usize>, next: usize) -> String {
        let mut woven = String::new();
        self.render(range.clone(), next, &mut woven);
        woven
    }

    fn alive<'b>(&'b self, ids: &'b Ids) -> impl Iterator<Item = (usize, &'b Mutant)> + 'b {
        // Where some iterator is promised, a body cannot give one kind of it and another at times.
        let can_be_woven = |mutant: &Mutant| !mutant.replacement.contains("::std::iter::");
        let left_in = ids.iter().filter(|id| !self.left_out.contains(*id));
        left_in.map(|id| (*id, &self.mutants[*id])).filter(move |(_, mutant)| can_be_woven(mutant))
    }

    fn node(&self, node: &Node, next: usize, woven: &mut String) {
        match &node.kind {
            Kind::Body(ids) => {
                for (id, mutant) in self.alive(ids) {
                    woven.push_str(&marked(
                        id,
                        &format!("if crate::mutating::at({id}) {{ return {}; }} ", mutant.replacement),
                    ));
                }
            }
            Kind::Binary { left, operator, right, ids } => {
                let (left, right) = (self.rendered(left, next), self.rendered(right, next));
                let unchanged = format!("({left}) {} ({right})", &self.text[operator.clone()]);
                self.choice(ids, |mutant| format!("({left}) {} ({right})", mutant.replacement), &unchanged, woven);
            }
            Kind::Unary { operand, ids } => {
                let operator = &self.text[node.range.start..operand.start];
                let operand = self.rendered(operand, next);
                self.choice(ids, |_| operand.clone(), &format!("{operator}({operand})"), woven);
            }
            Kind::Guard { guard, ids } => {
                let mut text = guard.as_ref().map_or("true".to_owned(), |guard| self.rendered(guard, next));
                if self.alive(ids).next().is_some() {
                    let unchanged = std::mem::take(&mut text);
                    let replaced = |mutant: &Mutant| match mutant.replacement.as_str() {
                        "" => "false".to_owned(),
                        replacement => replacement.to_owned(),
                    };
                    self.choice(ids, replaced, &unchanged, &mut text);
                } else if guard.is_none() {
                    woven.push(' ');
                    return;
                }
                woven.push_str(&format!(" if {text} "));
            }
        }
    }

    fn choice(&self, ids: &Ids, changed: impl Fn(&Mutant) -> String, unchanged: &str, woven: &mut String) {
        let alternatives: String = self
            .alive(ids)
            .map(|(id, mutant)| marked(id, &format!("if crate::mutating::at({id}) {{ {} }} else ", changed(mutant))))
            .collect();
        match alternatives.as_str() {
            "" => woven.push_str(&format!("({unchanged})")),
            _ => {
                let all: Vec<String> = self.alive(ids).map(|(id, _)| id.to_string()).collect();
                woven.push_str(&format!("/*all {}*/({alternatives}{{ {unchanged} }})/*end*/", all.join(" ")));
            }
        }
    }
}

fn marked(id: usize, text: &str) -> String {
    format!("/*all {id}*/{text}/*end*/")
}

/// The text with the file's mutants woven in, but for those that the compiler refused. Gives the numbers of those that have a place in it.
pub fn weave(
    text: &str,
    file: &str,
    mutants: &[Mutant],
    left_out: &BTreeSet<usize>,
) -> Result<(String, BTreeSet<usize>)> {
    let parsed = syn::parse_file(text).with_context(|| file.to_owned())?;
    let mut wanted: BTreeMap<(String, Place), Ids> = BTreeMap::new();
    for (id, mutant) in mutants.iter().enumerate().filter(|(_, mutant)| mutant.file == file) {
        wanted.entry((mutant.genre.clone(), mutant.start)).or_default().push(id);
    }
    let mut finder = Finder { wanted, nodes: Vec::new() };
    finder.visit_file(&parsed);
    let mut nodes = finder.nodes;
    // What begins a body comes before what begins with it; what is wider comes before what lies in it.
    nodes.sort_by_key(|node| {
        let Range { start, end } = node.range;
        (start, if start == end { 0 } else { usize::MAX - end })
    });
    let weaver = Weaver { text, nodes, mutants, left_out };
    let mut found = BTreeSet::new();
    for node in &weaver.nodes {
        let (Kind::Body(ids) | Kind::Binary { ids, .. } | Kind::Unary { ids, .. } | Kind::Guard { ids, .. }) =
            &node.kind;
        found.extend(weaver.alive(ids).map(|(id, _)| id));
    }
    let mut woven = String::new();
    weaver.render(0..text.len(), 0, &mut woven);
    Ok((woven, found))
}

/// The mutants to whose text the byte belongs: of the innermost mark around it.
pub fn owners(woven: &str, byte: usize) -> Vec<usize> {
    let mut open: Vec<&str> = Vec::new();
    let mut rest = 0;
    while let Some(at) = woven[rest..].find("/*").map(|at| rest + at) {
        if at > byte {
            break;
        }
        let Some(end) = woven[at..].find("*/").map(|end| at + end) else { break };
        match &woven[at + 2..end] {
            "end" => drop(open.pop()),
            mark => open.extend(mark.strip_prefix("all ")),
        }
        rest = end + 2;
    }
    open.last().map(|ids| ids.split(' ').filter_map(|id| id.parse().ok()).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mutant(genre: &str, replacement: &str, line: usize, column: usize) -> Mutant {
        Mutant {
            file: "a.rs".into(),
            name: String::new(),
            genre: genre.into(),
            replacement: replacement.into(),
            start: Place { line, column },
        }
    }

    const TEXT: &str = "fn f(a: i32) -> bool {\n    match a {\n        0 => !(a < 1),\n        x if x > 1 => true,\n        _ => false,\n    }\n}\n";

    fn mutants() -> Vec<Mutant> {
        vec![
            mutant("FnValue", "true", 2, 5),
            mutant("MatchArm", "", 3, 9),
            mutant("UnaryOperator", "", 3, 14),
            mutant("BinaryOperator", ">", 3, 18),
            mutant("MatchArmGuard", "false", 4, 14),
            mutant("BinaryOperator", "<", 4, 16),
        ]
    }

    /// Without its marks, every mutant's choice stands where its rule stands, and the rule itself is the last of the choices.
    #[test]
    fn every_mutant_becomes_a_choice() {
        let (woven, found) = weave(TEXT, "a.rs", &mutants(), &BTreeSet::new()).expect("weaves");
        assert_eq!(found.into_iter().collect::<Vec<_>>(), [0, 1, 2, 3, 4, 5]);
        let mut plain = String::new();
        let mut rest = woven.as_str();
        while let Some((before, mark)) = rest.split_once("/*") {
            plain.push_str(before);
            rest = mark.split_once("*/").expect("a mark ends").1;
        }
        plain.push_str(rest);
        assert!(syn::parse_file(&plain).is_ok(), "{plain}");
        let switch = "crate::mutating::at";
        for choice in [
            format!("if {switch}(0) {{ return true; }}"),
            format!("0 if (if {switch}(1) {{ false }} else {{ true }}) =>"),
            format!("(if {switch}(3) {{ (a) > (1) }} else {{ (a) < (1) }})"),
            format!("if {switch}(4) {{ false }} else"),
            format!("(if {switch}(5) {{ (x) < (1) }} else {{ (x) > (1) }})"),
        ] {
            assert!(plain.contains(&choice), "{choice} is not in\n{plain}");
        }
    }

    /// What the compiler refuses is left out, and the text is what it was but for brackets.
    #[test]
    fn what_is_refused_is_left_out_and_found_by_its_place() {
        let all: BTreeSet<usize> = (0..6).collect();
        let (woven, found) = weave(TEXT, "a.rs", &mutants(), &all).expect("weaves");
        assert!(found.is_empty() && !woven.contains("mutating"), "{woven}");
        let (woven, _) = weave(TEXT, "a.rs", &mutants(), &BTreeSet::new()).expect("weaves");
        let place = |text: &str| woven.find(text).expect("is there") + 1;
        assert_eq!(owners(&woven, place("return true")), [0]);
        assert_eq!(owners(&woven, place("(a) > (1)")), [3]);
        assert_eq!(owners(&woven, place("fn f")), Vec::<usize>::new());
    }
}
