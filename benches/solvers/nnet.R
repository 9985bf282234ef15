# R's nnet (BFGS, one hidden layer of logistic units) on the problems of a folder, from its own starts:
#   Rscript nnet.R FOLDER        writes mlbench's tables there, if mlbench is installed
#   Rscript nnet.R FOLDER time   prints lines: problem, milliseconds in all, converged, starts
arguments <- commandArgs(trailingOnly = TRUE)
folder <- arguments[1]
if (length(arguments) == 1) {
  if (requireNamespace("mlbench", quietly = TRUE)) {
    data("BreastCancer", "PimaIndiansDiabetes", package = "mlbench")
    write.csv(BreastCancer[, -1], file.path(folder, "BreastCancer.csv"), row.names = FALSE)
    write.csv(PimaIndiansDiabetes, file.path(folder, "PimaIndiansDiabetes.csv"), row.names = FALSE)
  }
  quit()
}
library(nnet)
for (path in list.files(folder, pattern = "[.]problem$", full.names = TRUE)) {
  lines <- strsplit(readLines(path), "\t")
  keys <- vapply(lines, `[`, "", 1)
  rows <- function(key) {
    do.call(rbind, lapply(lines[keys == key], function(line) as.numeric(line[-1])))
  }
  layers <- lines[keys == "layer"]
  if (length(layers) != 2) next
  value <- function(key) lines[keys == key][[1]][2]
  output <- layers[[2]][3]
  loss <- value("loss")
  # Its outputs are linear, logistic or softmax.
  if (output == "tanh") next
  x <- rows("x")
  y <- rows("y")
  starts <- sum(keys == "start")
  iterations <- as.integer(value("iterations"))
  # Its criterion is the sum over all samples, of squares or of cross-entropy.
  factor <- if (loss == "squared_error") 2 else 1
  target <- as.numeric(value("target")) * nrow(x) * factor
  converged <- 0
  ms <- 0
  for (seed in seq_len(starts)) {
    set.seed(seed)
    begin <- proc.time()[["elapsed"]]
    fit <- nnet(
      x, y, size = as.integer(layers[[1]][2]), linout = output == "identity",
      entropy = loss == "binary_cross_entropy", softmax = output == "softmax", rang = 0.7,
      maxit = iterations, abstol = target, reltol = 0, MaxNWts = 100000, trace = FALSE
    )
    ms <- ms + 1000 * (proc.time()[["elapsed"]] - begin)
    converged <- converged + (fit$value <= target)
  }
  name <- sub("[.]problem$", "", basename(path))
  cat(name, ms, converged, starts, sep = "\t")
  cat("\n")
}
