//! The command line that a part was asked for with, so that it can be said again.

use super::shard::Shard;

/// The arguments of this process, but for --shard and its value.
pub(super) fn given() -> Vec<String> {
    let all = std::env::args_os().skip(1).map(|arg| arg.to_string_lossy().into_owned());
    without_shard(all)
}

fn without_shard(mut all: impl Iterator<Item = String>) -> Vec<String> {
    let mut kept = Vec::new();
    while let Some(argument) = all.next() {
        match &*argument {
            "--shard" => drop(all.next()),
            _ if argument.starts_with("--shard=") => {}
            _ => kept.push(argument),
        }
    }
    kept
}

/// What runs another part of the same selection, for a shell.
pub(super) fn again(arguments: &[String], shard: Shard) -> String {
    let quoted: Vec<String> = arguments.iter().map(|argument| quoted(argument)).collect();
    format!("shallownet {} --shard {shard}", quoted.join(" "))
}

fn quoted(argument: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "_-./,:=+%@".contains(c);
    if !argument.is_empty() && argument.chars().all(is_plain) {
        return argument.to_owned();
    }
    format!("'{}'", argument.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_asked_for_again_as_a_shell_takes_it() {
        let all = ["select", "--shard", "1/9", "--label", "a b", "--ignore=it's", "--out", "p"];
        let kept = without_shard(all.into_iter().map(str::to_owned));
        let expected = r"shallownet select --label 'a b' '--ignore=it'\''s' --out p --shard 2/9";
        assert_eq!(again(&kept, Shard { part: 2, parts: 9 }), expected);
        let kept = without_shard(["select", "--shard=1/9", ""].into_iter().map(str::to_owned));
        assert_eq!(kept, ["select", ""]);
    }
}
