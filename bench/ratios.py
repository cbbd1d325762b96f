"""The picture of `bench_training.py`: the time of each contestant in units of regnet's."""

from __future__ import annotations

from pathlib import Path

BARE = {"facecolor": "white", "edgecolor": "none", "pad": 0.4}  # behind the numbers of the picture


def plot(works: list[dict], contestants: list[str], title: str, path: Path) -> None:
    """Bars of how many times regnet's time each peer's best way takes, log axis, with floors and aims."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    shades = ["#c44e52", "#4c72b0", "#55a868", "#dd8452", "#8172b3", "#64b5cd", "#8c8c8c", "#ccb974"]
    colours = dict(zip(["regnet", *contestants], shades, strict=True))
    ran = {name.split(",")[0] for work in works for name in work["rows"]}
    names = [name for name in colours if name in ran]
    lowest = min(row["ratio"] for work in works for row in work["rows"].values())
    fig, ax = plt.subplots(figsize=(1.5 + 1.25 * len(works), 5.2), layout="constrained")
    width = 0.85 / len(names)
    for i, name in enumerate(names):
        places, heights = [], []
        for at, work in enumerate(works):
            ratios = [r["ratio"] for n, r in work["rows"].items() if n.split(",")[0] == name]
            if ratios:
                x = at + (i - (len(names) - 1) / 2) * width
                places.append(x)
                heights.append(min(ratios))
                ax.text(
                    x,
                    min(ratios) * 1.04,
                    f"{min(ratios):.3g}",
                    ha="center",
                    va="bottom",
                    fontsize=7,
                    bbox=BARE,
                )
                marks = [t for t in work["targets"] if t["what"] == name]
                for t in marks:
                    ax.hlines([t["floor"]], x - width / 2, x + width / 2, colors="black", lw=1.6)
                    ax.hlines(
                        [t["aim"]], x - width / 2, x + width / 2, colors="black", lw=1.2, linestyles=":"
                    )
        ax.bar(places, heights, width, label=name, color=colours[name])
    ax.hlines([], 0, 0, colors="black", lw=1.6, label="floor")
    ax.hlines([], 0, 0, colors="black", lw=1.2, linestyles=":", label="aim")
    ax.set_yscale("log")
    ax.set_ylim(min(0.5, 0.8 * lowest), None)
    ax.margins(y=0.12)
    ax.axhline(1, color="grey", lw=0.8, zorder=0)
    ax.set_xticks(range(len(works)), [w["work"].replace("-", "\n") for w in works])
    ax.set_ylabel("time, in units of regnet's (best way of each)")
    ax.set_title(title, fontsize=11)
    fig.legend(ncols=8, fontsize=8, loc="outside lower center", frameon=False)
    ax.yaxis.set_major_formatter("{x:g}")
    ax.spines[["top", "right"]].set_visible(False)
    fig.savefig(path, dpi=130)
    print(f"picture: {path}")
