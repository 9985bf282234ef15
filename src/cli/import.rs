//! `shallownet import`: a network saved by PyTorch becomes a model.

use std::path::PathBuf;

use shallownet::io::Quoted;
use shallownet::io::model::{self, Model, Problem};
use shallownet::io::pytorch::Loader;
use shallownet::{Activation, Network, Scalar};

use crate::choices;
use crate::failure::Failure;
use crate::results::NetworkFacts;
use crate::say::Say;

/// Turn a PyTorch state_dict, saved as safetensors, into a model that the other commands take.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  shallownet import net.safetensors --activation tanh,softmax --out model.safetensors\n  shallownet import net.safetensors --layers fc1,fc2,head --activation relu,relu,identity --out model.safetensors"
)]
pub(crate) struct Args {
    /// What safetensors.torch.save_file(net.state_dict(), FILE) wrote
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The activation after each Linear, in their order: tanh, sigmoid, relu, leaky_relu, identity
    /// (none), softmax
    #[arg(
        long,
        value_name = "NAMES",
        value_delimiter = ',',
        required = true,
        value_parser = choices::activation
    )]
    activation: Vec<Activation>,
    /// The names of the Linear modules, in the order in which samples go through them [default:
    /// those of an nn.Sequential, by their numbers]
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    layers: Option<Vec<String>>,
    /// Only what is named so at its beginning, as in net.
    #[arg(long, value_name = "TEXT")]
    prefix: Option<String>,
    /// Every weight without a bias is a Linear(bias=False)
    #[arg(long)]
    without_biases: bool,
    /// The names of the classes, in the order of the outputs; two for one sigmoid output
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    classes: Vec<String>,
    /// The names of the features, in the order of the inputs
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    features: Option<Vec<String>>,
    /// The model
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

pub(crate) fn run(args: &Args, say: &Say) -> Result<(), Failure> {
    // The state_dict would be lost, and with it what is not in the model.
    let is_same = args.out.canonicalize().ok().is_some_and(|out| {
        let file = args.file.canonicalize();
        file.is_ok_and(|file| file == out)
    });
    if is_same {
        let file = args.out.display();
        return Err(Failure::Arguments(format!("--out {file} is the file that is read")));
    }
    // Of f64 only if the file is: nothing is rounded.
    match load::<f32>(args) {
        Err(error) if matches!(error.problem, Problem::Element { .. }) => {
            import(args, load::<f64>(args), say)
        }
        read => import(args, read, say),
    }
}

fn load<T: Scalar>(args: &Args) -> Result<Network<T>, model::Error> {
    let names: Option<Vec<&str>> =
        args.layers.as_ref().map(|names| names.iter().map(|name| name.trim()).collect());
    let mut loader = Loader::new(&args.activation);
    if let Some(names) = &names {
        loader = loader.layers(names);
    }
    if let Some(prefix) = &args.prefix {
        loader = loader.under(prefix);
    }
    if args.without_biases {
        loader = loader.without_biases();
    }
    loader.load(&args.file)
}

fn import<T: Scalar>(
    args: &Args,
    read: Result<Network<T>, model::Error>,
    say: &Say,
) -> Result<(), Failure> {
    let network = read.map_err(with_option)?;
    let mut model = Model::new(network);
    model.classes.clone_from(&args.classes);
    model.pipeline.features.clone_from(&args.features);
    model::save(&args.out, &model)?;
    let facts = NetworkFacts::of(&model.network);
    say.line(facts.line());
    say.line(format_args!("loss {}", facts.loss));
    say.line(format_args!("\n{}", args.out.display()));
    Ok(())
}

/// The library's hints, as options of this command.
fn with_option(error: model::Error) -> Failure {
    let hint = match &error.problem {
        Problem::NotLinear(name) => format!(
            "tensor {} is no weight or bias of an nn.Sequential, as in \"0.weight\": --layers \
             names the Linear modules in their order, --prefix what is to be read",
            Quoted(name)
        ),
        Problem::NoBias(name) => format!(
            "tensor {} has no bias beside it: it may be an Embedding's or a normalisation's; if it \
             is a Linear's, --without-biases takes it",
            Quoted(name)
        ),
        Problem::Unexpected(name, _) => format!(
            "tensor {} belongs to none of the layers that --layers names: expected all of them, or \
             --prefix",
            Quoted(name)
        ),
        Problem::Prefixes(prefixes) => {
            format!("layers under several prefixes: {prefixes}: expected one of them as --prefix")
        }
        Problem::Count { what: "activations", expected, given } => {
            format!("it has {expected} layers: --activation names {given} activations")
        }
        _ => return error.into(),
    };
    Failure::File { file: error.file, problem: hint }
}
