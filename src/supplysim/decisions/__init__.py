"""The decisions room: what can fail, what an answer hangs on, in which futures it goes wrong, what to sign.

It stands on finished runs and on blocks of draws; it prints nothing and draws nothing.
"""
