//! The paths of a message's elements, each kept once: a long report has few of them, over and over. To enter an element is to find its name
//! among those that were seen in the same place.

/// So many paths are kept; the reports that are read here have some two hundred. Of a file with more, those beyond are forgotten as they are
/// left, so that they take no more memory than they are deep.
const MOST: usize = 1024;

pub struct Paths {
    /// The first is that of the outermost element, which has no name here.
    all: Vec<Path>,
    at: usize,
}

struct Path {
    /// Joined by `/`.
    text: String,
    /// Where in it the last name begins.
    name: usize,
    parent: usize,
    children: Vec<usize>,
    /// Which of them is looked at first: elements come in the same order over and over.
    next: usize,
}

impl Paths {
    pub fn new() -> Self {
        let outermost = Path { text: String::new(), name: 0, parent: 0, children: Vec::new(), next: 0 };
        Self { all: vec![outermost], at: 0 }
    }

    pub fn text(&self) -> &str {
        &self.all[self.at].text
    }

    /// Always the same number for the same path, and a small one; `None` for a path that is not kept.
    pub fn number(&self) -> Option<usize> {
        (self.at < MOST).then_some(self.at)
    }

    /// The last of the names.
    pub fn name(&self) -> &str {
        let path = &self.all[self.at];
        &path.text[path.name..]
    }

    pub fn enter(&mut self, name: &str) {
        if self.enter_known(name) {
            return;
        }
        let here = &self.all[self.at];
        let mut text = String::with_capacity(here.text.len() + 1 + name.len());
        text.push_str(&here.text);
        if !text.is_empty() {
            text.push('/');
        }
        let (begin, new) = (text.len(), self.all.len());
        text.push_str(name);
        self.all.push(Path { text, name: begin, parent: self.at, children: Vec::new(), next: 0 });
        self.all[self.at].children.push(new);
        self.at = new;
    }

    /// Enters an element whose like was seen in the same place; `false`, and nothing is entered, where none was.
    pub fn enter_known(&mut self, name: &str) -> bool {
        let here = &self.all[self.at];
        let is_it = |child: &usize| {
            let child = &self.all[*child];
            child.text[child.name..] == *name
        };
        let (earlier, later) = here.children.split_at(here.next);
        let after = later.iter().position(is_it).map(|at| earlier.len() + at);
        let Some(child) = after.or_else(|| earlier.iter().position(is_it)) else { return false };
        let path = here.children[child];
        self.all[self.at].next = child + 1;
        self.at = path;
        true
    }

    pub fn leave(&mut self) {
        let left = self.at;
        self.at = self.all[left].parent;
        if left >= MOST {
            // It is the last one: those below it were forgotten before.
            self.all.truncate(left);
            let here = &mut self.all[self.at];
            here.children.pop();
            here.next = here.next.min(here.children.len());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_keeps_its_number_and_leads_back() {
        let mut paths = Paths::new();
        let mut seen = Vec::new();
        for _ in 0..2 {
            for names in [["A", "B"], ["A", "C"], ["B", "A"]] {
                names.iter().for_each(|name| paths.enter(name));
                assert_eq!(paths.text(), names.join("/"));
                seen.push(paths.number());
                names.iter().for_each(|_| paths.leave());
                assert_eq!((paths.text(), paths.number()), ("", Some(0)));
            }
        }
        assert_eq!(seen[..3], seen[3..]);
        assert_eq!(seen.iter().collect::<std::collections::BTreeSet<_>>().len(), 3);
    }

    #[test]
    fn paths_without_end_are_not_kept() {
        let mut paths = Paths::new();
        for number in 0..5 * MOST {
            paths.enter("A");
            paths.enter(&number.to_string());
            paths.enter("B");
            assert_eq!(paths.text(), format!("A/{number}/B"));
            (0..3).for_each(|_| paths.leave());
        }
        assert!(paths.all.len() <= MOST + 3);
        assert!(paths.all.iter().all(|path| path.children.len() <= MOST));
        paths.enter("A");
        assert_eq!(paths.number(), Some(1));
    }
}
