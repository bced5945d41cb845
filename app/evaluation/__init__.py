"""`eval`: accuracy against delay, through the real engine, without sound.

task        what is asked, and how an answer is judged      task_file, datasets, generated: where tasks come from
checking    is an answer right?                             math_checker, math_process: math-verify, in its own process
grid        which methods at which patience                 solve, attempt: many conversations at once, one task each
journal     outcomes on disk as they come; resuming         progress: the bar
statistics  intervals, Pareto front                         summary, table, report, chart: what is told
command     ties these together                             live: corrected questions, `eval --live`
"""
