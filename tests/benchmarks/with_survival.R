# R's survival at work on the rows that it is given; see libraries.py.
#   Rscript with_survival.R FOLDER
library(survival)
folder <- commandArgs(trailingOnly = TRUE)[1]
column <- function(name) {
  file <- file.path(folder, paste0("intervals-", name))
  readBin(file, "integer", file.size(file) / 4, size = 4)
}
kind <- column("kind")
day <- column("day")
is_event <- column("is_event")
seconds <- system.time({
  fit <- survfit(Surv(day, is_event) ~ kind, conf.type = "log-log")
  test <- survdiff(Surv(day, is_event) ~ kind)
})[["elapsed"]]
written <- function(x) paste0("[", paste(ifelse(is.na(x), "null", sprintf("%.17g", x)), collapse = ", "), "]")
kept <- fit$n.event > 0
cat(sprintf(
  '{"seconds": {"intervals": %.6f}, "intervals": {"share": %s, "low": %s, "high": %s, "chi2": %s}}',
  seconds, written(fit$surv[kept]), written(fit$lower[kept]), written(fit$upper[kept]), written(test$chisq)
))
