"""`answers import` and `corpus import`: tables of ratings become answers, ten million rows at a time."""
