"""`calibrate`: what a model's gate answers mean, found on a few examples without training.

samples     gate answers of real `async` turns, each with whether the thoughts were ahead at that moment
fit         bias and scale from them: regularised logistic regression      prompt_file: puts both where they belong
command     ties these together
"""
