"""The realtime door: conversations over one WebSocket, in the event names of OpenAI's Realtime API.

Source: the API's general-availability events (platform.openai.com/docs/api-reference/realtime-client-events and
-server-events). What the API has no name for stands under `sotto.`: revised partial transcripts, playback positions,
flushes, the two states, the gate, a turn's delays. This package knows nothing of Gradio or of pages.

One message's way in:   socket → `client_events` (checked) → `session` → conversation
One event's way out:    conversation → `server_events` → `outbox` (sound is paced, stale sound dropped) → socket
"""
