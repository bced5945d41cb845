"""The web door: one port with the page (Gradio's furniture, the project's own live drawing) and the realtime socket.

`server.serve` runs it; `server.build_app` is the application for tests and for other servers. Scripts and styles lie in
`assets/web`. The page asks nothing of any other host.
"""
