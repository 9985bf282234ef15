//! Compiles all mutants that `cargo mutants --list --json` names into one source tree: each stands
//! beside the code it replaces, behind `crate::mutant::on(number)`.
//!
//!     mutants LIST.json TREE SKIP.txt
//!
//! rewrites the files of TREE and prints the numbers of the mutants that it has placed; a mutant's
//! number is its place in the list, from 1. Those whose numbers SKIP.txt has are left out.

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::fs;

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote};
use serde_json::Value;
use syn::spanned::Spanned;
use syn::visit_mut::{self, VisitMut};
use syn::{BinOp, Block, Expr, Item, parse_quote};

/// Line and column, from 1.
type Place = (usize, usize);

#[derive(Debug, Clone)]
struct Mutant {
    id: u32,
    genre: String,
    replacement: String,
}

struct Rewriter {
    mutants: BTreeMap<Place, Vec<Mutant>>,
    placed: BTreeSet<u32>,
    /// Constants with mutants in them: functions of nearly the same name, here.
    constants: BTreeSet<String>,
}

impl Rewriter {
    fn take(&mut self, span: Span, genre: &str) -> Vec<Mutant> {
        let place = (span.start().line, span.start().column + 1);
        let here = self.mutants.get(&place).into_iter().flatten();
        let found: Vec<_> = here.filter(|m| m.genre == genre).cloned().collect();
        self.placed.extend(found.iter().map(|m| m.id));
        found
    }

    fn function(&mut self, sig: &syn::Signature, block: &mut Block) {
        if sig.constness.is_some() {
            return;
        }
        let first = block.stmts.first().map(Spanned::span);
        let mutants = first.map(|span| self.take(span, "FnValue")).unwrap_or_default();
        visit_mut::visit_block_mut(self, block);
        for Mutant { id, replacement, .. } in mutants.into_iter().rev() {
            let value: Expr = syn::parse_str(&replacement).expect("a value");
            block.stmts.insert(0, parse_quote! { if crate::mutant::on(#id) { return #value; } });
        }
    }

    /// `const NAME: T = value;` with mutants in `value` gets a function beside it.
    fn constant(&mut self, item: &syn::ItemConst) -> Option<Item> {
        let (before, mut value) = (self.placed.len(), (*item.expr).clone());
        self.visit_expr_mut(&mut value);
        if self.placed.len() == before {
            return None;
        }
        self.constants.insert(item.ident.to_string());
        let (name, ty) = (format_ident!("{}_mutant", item.ident), &item.ty);
        Some(parse_quote! { #[allow(non_snake_case)] fn #name() -> #ty { #value } })
    }
}

/// `left op right`, or with the operator of the mutant that runs.
fn binary(left: &Expr, right: &Expr, op: &BinOp, mutants: &[Mutant]) -> TokenStream {
    let choice = |one: &dyn Fn(&BinOp) -> TokenStream| {
        let others = mutants.iter().map(|m| {
            let (id, op) = (m.id, syn::parse_str(&m.replacement).expect("an operator"));
            let other = one(&op);
            quote! { if crate::mutant::on(#id) { #other } else }
        });
        let original = one(op);
        quote! { #(#others)* { #original } }
    };
    match op {
        BinOp::Add(_) | BinOp::Sub(_) | BinOp::Mul(_) | BinOp::Div(_) | BinOp::Rem(_) => {
            let choice = choice(&|op| quote! { __l #op __r });
            quote! { (match (#left, #right) { (__l, __r) => { #choice } }) }
        }
        BinOp::Eq(_) | BinOp::Ne(_) | BinOp::Lt(_) | BinOp::Le(_) | BinOp::Gt(_) | BinOp::Ge(_) => {
            let choice = choice(&|op| quote! { *__l #op *__r });
            quote! { (match (&(#left), &(#right)) { (__l, __r) => { #choice } }) }
        }
        _ => {
            let choice = choice(&|op| quote! { (#left) #op (#right) });
            quote! { ({ #choice }) }
        }
    }
}

impl VisitMut for Rewriter {
    // Nothing is chosen at run time in these.
    fn visit_item_const_mut(&mut self, _: &mut syn::ItemConst) {}
    fn visit_item_static_mut(&mut self, _: &mut syn::ItemStatic) {}
    fn visit_impl_item_const_mut(&mut self, _: &mut syn::ImplItemConst) {}
    fn visit_trait_item_const_mut(&mut self, _: &mut syn::TraitItemConst) {}
    fn visit_type_mut(&mut self, _: &mut syn::Type) {}
    fn visit_generic_argument_mut(&mut self, _: &mut syn::GenericArgument) {}
    fn visit_pat_mut(&mut self, _: &mut syn::Pat) {}
    fn visit_expr_repeat_mut(&mut self, repeat: &mut syn::ExprRepeat) {
        self.visit_expr_mut(&mut repeat.expr);
    }

    fn visit_file_mut(&mut self, file: &mut syn::File) {
        let constants = file.items.iter().filter_map(|item| match item {
            Item::Const(item) => self.constant(item),
            _ => None,
        });
        let constants: Vec<_> = constants.collect();
        visit_mut::visit_file_mut(self, file);
        file.items.extend(constants);
    }

    fn visit_item_fn_mut(&mut self, function: &mut syn::ItemFn) {
        self.function(&function.sig, &mut function.block);
    }

    fn visit_impl_item_fn_mut(&mut self, function: &mut syn::ImplItemFn) {
        self.function(&function.sig, &mut function.block);
    }

    fn visit_trait_item_fn_mut(&mut self, function: &mut syn::TraitItemFn) {
        if let Some(block) = &mut function.default {
            self.function(&function.sig, block);
        }
    }

    fn visit_expr_mut(&mut self, expr: &mut Expr) {
        match expr {
            Expr::Path(path) if path.path.get_ident().is_some() => {
                let name = path.path.require_ident().expect("just asked for").to_string();
                if self.constants.contains(&name) {
                    let name = format_ident!("{name}_mutant");
                    *expr = parse_quote! { #name() };
                }
            }
            Expr::Binary(b) => {
                let mutants = self.take(b.op.span(), "BinaryOperator");
                visit_mut::visit_expr_binary_mut(self, b);
                if !mutants.is_empty() {
                    let new = binary(&b.left, &b.right, &b.op, &mutants);
                    *expr = syn::parse2(new).expect("an expression");
                }
            }
            Expr::Unary(u) => {
                let mutants = self.take(u.op.span(), "UnaryOperator");
                visit_mut::visit_expr_unary_mut(self, u);
                if let Some(Mutant { id, .. }) = mutants.first() {
                    let (op, value) = (&u.op, &u.expr);
                    *expr = parse_quote! {
                        (if crate::mutant::on(#id) { #value } else { #op #value })
                    };
                }
            }
            Expr::Struct(s) => {
                let taken: Vec<_> =
                    s.fields.iter().map(|f| self.take(f.span(), "StructField")).collect();
                visit_mut::visit_expr_struct_mut(self, s);
                let rest = s.rest.clone();
                for (field, mutants) in s.fields.iter_mut().zip(taken) {
                    if let (Some(Mutant { id, .. }), Some(rest)) = (mutants.first(), &rest) {
                        let (value, member) = (&field.expr, &field.member);
                        field.expr = parse_quote! {
                            if crate::mutant::on(#id) { (#rest).#member } else { #value }
                        };
                        field.colon_token = Some(Default::default());
                    }
                }
            }
            Expr::Match(m) => {
                let mut taken = Vec::new();
                for arm in &m.arms {
                    let guard = arm.guard.as_ref().map(|(_, g)| g.span());
                    let guards = guard.map(|span| self.take(span, "MatchArmGuard"));
                    taken.push((self.take(arm.span(), "MatchArm"), guards.unwrap_or_default()));
                }
                visit_mut::visit_expr_match_mut(self, m);
                for (arm, (arms, guards)) in m.arms.iter_mut().zip(taken) {
                    if arms.is_empty() && guards.is_empty() {
                        continue;
                    }
                    let old = arm.guard.take();
                    let mut guard = old.map_or_else(|| parse_quote! { true }, |(_, g)| *g);
                    for Mutant { id, replacement, .. } in guards {
                        let value: Expr = syn::parse_str(&replacement).expect("a guard");
                        guard = parse_quote! {
                            (if crate::mutant::on(#id) { #value } else { #guard })
                        };
                    }
                    for Mutant { id, .. } in arms {
                        guard = parse_quote! { (!crate::mutant::on(#id) && #guard) };
                    }
                    arm.guard = Some((Default::default(), Box::new(guard)));
                }
            }
            _ => visit_mut::visit_expr_mut(self, expr),
        }
    }
}

fn main() {
    let arguments: Vec<String> = env::args().collect();
    let [_, list, tree, skip] = &arguments[..] else { panic!("LIST.json TREE SKIP.txt") };
    let list: Value = serde_json::from_str(&fs::read_to_string(list).unwrap()).unwrap();
    let skip = fs::read_to_string(skip).unwrap();
    let skip: BTreeSet<u32> = skip.lines().map(|line| line.parse().unwrap()).collect();
    let mut files: BTreeMap<String, BTreeMap<Place, Vec<Mutant>>> = BTreeMap::new();
    for (id, mutant) in (1..).zip(list.as_array().unwrap()) {
        let text = |key: &str| mutant[key].as_str().unwrap().to_string();
        let number = |key: &str| mutant["span"]["start"][key].as_u64().unwrap() as usize;
        if !skip.contains(&id) {
            let place = (number("line"), number("column"));
            let mutant = Mutant { id, genre: text("genre"), replacement: text("replacement") };
            files.entry(text("file")).or_default().entry(place).or_default().push(mutant);
        }
    }
    for (file, mutants) in files {
        let path = format!("{tree}/{file}");
        let mut source = syn::parse_file(&fs::read_to_string(&path).unwrap()).unwrap();
        let mut rewriter =
            Rewriter { mutants, placed: BTreeSet::new(), constants: BTreeSet::new() };
        rewriter.visit_file_mut(&mut source);
        fs::write(&path, prettyplease::unparse(&source)).unwrap();
        rewriter.placed.iter().for_each(|id| println!("{id}"));
    }
}
