"""Page: the furniture, built with Gradio; what lives and moves is drawn by `assets/web/page.js` from the socket.

Gradio gives the layout, the theme, the settings, the examples and, when a tab loads, the session's secret. Nothing of a
conversation passes through it.
"""

import asyncio
import os
from pathlib import Path

import gradio as gr
from fastapi import FastAPI

from app.config import Settings
from app.web.access import Secrets
from app.web.theme import calm
from engine.patience import PATIENCE

EXAMPLES = (
    "What is 59 minus 4 plus 27?",
    "It is 8:50. What time will it be in 2 hours and 25 minutes?",
    "Tom has 62 apples and gives away 54. How many are left?",
)
"""What the bundled model can do; any larger model can too."""

METHODS = (
    ("Think while speaking", "async"),
    ("Think first, then speak", "think"),
    ("Speak at once, no thinking", "no-think"),
)

HEAD = """
<link rel="stylesheet" href="sotto/sotto.css">
<link rel="modulepreload" href="sotto/page.js">
<link rel="modulepreload" href="sotto/talk.js">
<link rel="modulepreload" href="sotto/turns.js">
<link rel="modulepreload" href="sotto/turn.js">
<link rel="modulepreload" href="sotto/timing.js">
<link rel="modulepreload" href="sotto/elements.js">
<link rel="modulepreload" href="sotto/voice.js">
"""
"""Styles go here and not through Gradio's `css`, which rewrites selectors so that state classes on `body` miss."""

START = """
watch('value', async () => {
  const page = await import(new URL('sotto/page.js', document.baseURI));
  page.start(props.value);
});
"""
"""Runs when the tab has been given its secret."""


def mount_page(app: FastAPI, settings: Settings, secrets: Secrets, assets: Path) -> None:
    """Mounts the page at `/` of the application; call it outside of any event loop.

    It runs in a loop of its own, because Gradio otherwise makes four and never closes them.
    """

    async def mount() -> None:
        _mount(app, settings, secrets, assets)

    asyncio.run(mount())


def _mount(app: FastAPI, settings: Settings, secrets: Secrets, assets: Path) -> None:
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "0"  # Gradio reads it when Blocks are made; nothing else turns it off
    blocks = build_page(settings, secrets, assets)
    gr.mount_gradio_app(
        app,
        blocks,
        path="/",
        theme=calm(),
        head=HEAD,
        favicon_path=str(assets / "icon.svg"),
        footer_links=[],
        run_history=False,
        show_error=False,
        ssr_mode=False,
        max_file_size=1,  # Gradio's upload route is open to everyone; the page has no use for it
        enable_monitoring=False,
        mcp_server=False,
    )


def build_page(settings: Settings, secrets: Secrets, assets: Path) -> gr.Blocks:
    with gr.Blocks(title="Sotto", analytics_enabled=False, fill_width=False) as blocks:
        _part(assets / "stage.html")
        with gr.Row(elem_id="sotto-examples"):
            for text in EXAMPLES:
                gr.Button(text, size="sm", variant="secondary", elem_classes="sotto-example")  # page.js asks its text
        _part(assets / "composer.html")
        _settings(settings)
        secret = gr.HTML(html_template="<span hidden></span>", js_on_load=START, elem_id="sotto-session")
        _give_secret(blocks, secret, secrets)
    return blocks


def _part(file: Path) -> None:
    """A piece of HTML that `page.js` fills with life; its element id is `sotto-` and the file's name."""
    gr.HTML(file.read_text(encoding="utf-8"), elem_id=f"sotto-{file.stem}", js_on_load=None, apply_default_css=False)


def _settings(settings: Settings) -> None:
    with gr.Accordion("Settings", open=False, elem_id="sotto-settings"):
        known = {value for _, value in METHODS}
        method = gr.Radio(
            [*METHODS, *([] if settings.method in known else [(settings.method, settings.method)])],
            value=settings.method,
            label="How it thinks",
            info="A change begins a new conversation.",
        )
        patience = gr.Slider(
            0,
            1,
            value=PATIENCE if settings.patience is None else settings.patience,
            step=0.05,
            label="Patience",
            info="Low answers sooner, high thinks further before it speaks; counts from the next answer.",
        )
        voice = gr.Checkbox(value=True, label="Speak the answers aloud", info="A change begins a new conversation.")
        hold = gr.Checkbox(
            value=False, label="Hold to talk", info="The button or the space bar; letting go ends the turn."
        )
        method.change(None, method, js="(method) => { window.sotto?.setMethod(method); }", api_visibility="private")
        patience.input(
            None, patience, js="(patience) => { window.sotto?.setPatience(patience); }", api_visibility="private"
        )
        voice.change(None, voice, js="(voice) => { window.sotto?.setVoice(voice); }", api_visibility="private")
        hold.change(None, hold, js="(hold) => { window.sotto?.setHold(hold); }", api_visibility="private")


def _give_secret(blocks: gr.Blocks, carrier: gr.HTML, secrets: Secrets) -> None:
    """One secret per tab. It outlives Gradio's own session, which ends with every lost network."""
    blocks.load(secrets.issue, None, carrier, show_progress="hidden", queue=False, api_visibility="private")
