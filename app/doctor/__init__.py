"""What is installed, what would be chosen and what is missing, with the command that mends it.

Looks without loading: no model library is imported and nothing is downloaded, so that the answer comes at once. Whether
a thing that is there also works is only known when it is loaded.
"""
