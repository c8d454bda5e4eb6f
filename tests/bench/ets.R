# Forecasts by exponential smoothing with automatic choice (R's `forecast`), to stand beside ours:
#   Rscript ets.R TRAIN.csv HORIZON PERIOD > forecasts.csv
# Lines id,v1,v2,… in; id,step,point,lower95,upper95 out.
suppressMessages(library(forecast))
arguments <- commandArgs(trailingOnly = TRUE)
horizon <- as.integer(arguments[2])
period <- as.integer(arguments[3])
cat("id,step,point,lower95,upper95\n")
lines <- readLines(arguments[1])
for (line in lines) {
  cells <- strsplit(line, ",")[[1]]
  values <- suppressWarnings(as.numeric(cells[-1]))
  said <- forecast(ets(ts(values[!is.na(values)], frequency = period)), h = horizon, level = 95)
  cat(sprintf("%s,%d,%.10g,%.10g,%.10g\n", cells[1], seq_len(horizon), said$mean, said$lower, said$upper), sep = "")
}
