"""Theme: Gradio's furniture in the page's calm colours and the system's own fonts; nothing is fetched."""

import gradio as gr

SANS = [gr.themes.Font(name) for name in ("system-ui", "Segoe UI", "Roboto", "Helvetica Neue", "sans-serif")]
MONO = [gr.themes.Font(name) for name in ("ui-monospace", "SF Mono", "Consolas", "DejaVu Sans Mono", "monospace")]


def calm() -> gr.themes.Base:
    """Light and dark in one: slate greys, a teal accent. The live parts take the same colours from `sotto.css`."""
    theme = gr.themes.Base(
        primary_hue=gr.themes.colors.teal,
        neutral_hue=gr.themes.colors.slate,
        font=SANS,
        font_mono=MONO,
        radius_size=gr.themes.sizes.radius_lg,
    )
    return theme.set(
        body_background_fill="*neutral_50",
        body_background_fill_dark="#0e141b",
        block_border_width="0px",
        block_shadow="none",
        block_background_fill="transparent",
        block_background_fill_dark="transparent",
    )
