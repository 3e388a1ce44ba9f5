mod metric_table;
