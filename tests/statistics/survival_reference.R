# The figures of R's survival package that the tests compare with; they need no R, only the file that this writes:
#   Rscript tests/statistics/survival_reference.R > tests/statistics/survival_reference.json
# Data are the package's own (lung) or drawn here with a seed, and written out with the figures. Days are whole.
library(survival)

# Turnbull's curve is iterated by survfit until it moves by less than 5e-05; for nine digits that is too early.
turnbull <- survival:::survfitTurnbull
turnbull_lines <- deparse(turnbull)
stopifnot(sum(grepl("eps > 5e-05", turnbull_lines)) == 1)
long_iterated <- eval(parse(text = sub("eps > 5e-05", "eps > 1e-15", turnbull_lines)))
environment(long_iterated) <- environment(turnbull)
assignInNamespace("survfitTurnbull", long_iterated, "survival")

json <- function(x) {
  if (is.list(x)) {
    inner <- vapply(x, json, "")
    if (is.null(names(x))) return(paste0("[", paste(inner, collapse = ", "), "]"))
    return(paste0("{", paste0('"', names(x), '": ', inner, collapse = ",\n"), "}"))
  }
  if (is.character(x)) return(paste0('"', x, '"'))
  written <- ifelse(is.na(x) | is.infinite(x), "null", sprintf("%.15g", x))
  paste0("[", paste(written, collapse = ", "), "]")
}

limits <- function(fit) {
  list(day = fit$time, at_risk = fit$n.risk, share = fit$surv, low = fit$lower, high = fit$upper)
}

# Events that are known to the day, or only seen gone, or not seen, as intervals.
interval_data <- function(seed, n, top) {
  set.seed(seed)
  left <- sample(0:top, n, replace = TRUE)
  kind <- sample(c("exact", "seen gone", "censored"), n, replace = TRUE, prob = c(0.35, 0.45, 0.2))
  right <- ifelse(kind == "exact", left, ifelse(kind == "censored", NA, left + sample(1:top, n, replace = TRUE)))
  list(left = left, right = right)
}

interval_curve <- function(observed) {
  fit <- survfit(Surv(observed$left, observed$right, type = "interval2") ~ 1)
  days <- sort(unique(observed$right[!is.na(observed$right)]))
  share <- vapply(days, function(day) tail(c(1, fit$surv[fit$time <= day]), 1), 0)
  c(observed, list(day = days, share = share))
}

check <- list(left = c(0, 7, 7, 14, 14, 14, 28, 28, 3, 0), right = c(7, 14, 14, 28, 28, NA, 90, NA, 3, 3))
intervals <- c(list(check), lapply(1:8, function(seed) interval_data(seed, 20 * seed, 10 + 4 * seed)))

# Patients with one to four observations each.
cluster_data <- function(seed) {
  set.seed(seed)
  patient <- rep(1:25, times = sample(1:4, 25, replace = TRUE))
  pace <- rexp(25)[patient]
  list(
    patient = patient,
    day = pmin(floor(rexp(length(patient)) * 20 * pace), 60),
    event = as.numeric(runif(length(patient)) < 0.75)
  )
}

clustered_curves <- function(observed) {
  with(observed, c(observed, list(
    plain = limits(survfit(Surv(day, event) ~ 1, conf.type = "log-log")),
    clustered = limits(survfit(Surv(day, event) ~ 1, cluster = patient, conf.type = "log-log")),
    restricted_mean = summary(survfit(Surv(day, event) ~ 1), rmean = 30)$table[["rmean"]]
  )))
}

# Gaps between treatments: each patient has one or two series, each of those so many completed gaps, of which each
# weighs the same, or else an open one.
gap_data <- function(seed) {
  set.seed(seed)
  completed <- sample(c(0, 1, 2, 5), 30, replace = TRUE)
  series <- rep(1:30, times = pmax(completed, 1))
  list(
    patient = c(1:20, 1:10)[series],
    day = sample(10:60, length(series), replace = TRUE),
    event = as.numeric(completed[series] > 0),
    completed = completed[series]
  )
}

weighted_curve <- function(gaps) {
  fit <- survfit(Surv(day, event) ~ 1, data = gaps, weights = 1 / pmax(completed, 1), cluster = patient,
                 conf.type = "log-log")
  c(gaps, list(weighted = limits(fit)))
}

known <- lung[!is.na(lung$ph.ecog) & !is.na(lung$inst), ]
rank_test <- function(test) list(chi2 = test$chisq, df = sum(rowSums(as.matrix(test$exp)) > 0) - 1)
ranks <- list(
  day = known$time, event = known$status - 1, sex = known$sex, ecog = known$ph.ecog,
  by_sex = rank_test(survdiff(Surv(time, status) ~ sex, data = known)),
  by_ecog = rank_test(survdiff(Surv(time, status) ~ ph.ecog, data = known)),
  by_sex_stratified_by_ecog = rank_test(survdiff(Surv(time, status) ~ sex + strata(ph.ecog), data = known))
)

cat(json(list(
  made_by = paste0(R.version.string, ", survival ", packageVersion("survival")),
  turnbull = lapply(intervals, interval_curve),
  clustered = lapply(1:4, function(seed) clustered_curves(cluster_data(seed))),
  weighted = lapply(1:4, function(seed) weighted_curve(gap_data(seed))),
  log_rank = ranks
)), "\n", sep = "")
