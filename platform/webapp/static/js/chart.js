// <ui-chart>: the server sends numbers and names of tones, the theme decides the rest.
import { $, define, load, token } from "./core.js";

const TONES = ["azure", "mist", "malachite", "cinnabar", "gamboge", "violet"];

define("ui-chart", class extends HTMLElement {
  connectedCallback() {
    if (this.box) return;
    this.spec = JSON.parse($("script", this).textContent);
    this.box = document.createElement("div");
    this.box.style.height = `${this.dataset.height}px`;
    this.box.setAttribute("role", "img");
    this.box.setAttribute("aria-label", this.spec.label);
    this.prepend(this.box);
    this.near = new IntersectionObserver((seen) => {
      if (!seen.some((one) => one.isIntersecting)) return;
      this.near.disconnect();
      load("echarts").then(() => this.isConnected && this.draw());
    }, { rootMargin: "200px" });
    this.near.observe(this);
    this.repaint = () => this.chart?.setOption(this.option(), true);
    document.addEventListener("jingwei:theme", this.repaint);
  }

  disconnectedCallback() {
    this.near?.disconnect();
    this.size?.disconnect();
    this.chart?.dispose();
    this.chart = null;
    document.removeEventListener("jingwei:theme", this.repaint);
  }

  draw() {
    this.chart = echarts.init(this.box, null, { renderer: "svg" });
    this.chart.setOption(this.option());
    this.size = new ResizeObserver(() => this.chart?.resize());
    this.size.observe(this.box);
  }

  option() {
    const font = token("--font").replace(/"/g, "");
    const tones = Object.fromEntries(TONES.map((tone) => [tone, token(`--${tone}`)]));
    tones.ink = token("--text");
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const common = { animation: !still, animationDuration: 400, textStyle: { fontFamily: font } };
    const tip = {
      backgroundColor: token("--panel"), borderColor: token("--line"), borderWidth: 1, padding: [8, 12], confine: true,
      textStyle: { color: token("--text"), fontSize: 12, fontFamily: font }, valueFormatter: (value) => `${value} ${this.spec.unit ?? ""}`,
    };
    return { ...common, ...(this.spec.items ? this.pie(tip, font) : this.axes(tip, tones)) };
  }

  pie(tip, font) {
    const total = this.spec.items.reduce((sum, item) => sum + Number(item.value), 0);
    const label = {
      position: "center", textBorderWidth: 0, formatter: () => `{a|${this.spec.total ?? total.toFixed(1)}}\n{b|${this.spec.unit ?? ""}}`,
      rich: {
        a: { fontSize: 24, fontWeight: 600, lineHeight: 30, color: token("--text"), fontFamily: font },
        b: { fontSize: 12, lineHeight: 16, color: token("--text-3") },
      },
    };
    return {
      tooltip: { ...tip, trigger: "item" },
      color: [1, 2, 3, 4, 5].map((n) => token(`--age-${n}`)),
      series: [{
        type: "pie", radius: ["62%", "86%"], padAngle: 1.5, label, labelLine: { show: false }, emphasis: { scaleSize: 3 },
        itemStyle: { borderRadius: 3, borderColor: token("--panel"), borderWidth: 1 },
        data: this.spec.items.map((item, i) => ({ ...item, label: { show: i === 0 } })), // one label, or it is drawn once a slice
      }],
    };
  }

  axes(tip, tones) {
    const words = { color: token("--text-3"), fontSize: 12 };
    const thin = this.clientWidth < 420 && this.spec.x.length > 6;
    return {
      grid: { left: 44, right: 6, top: 14, bottom: 24 },
      tooltip: { ...tip, trigger: "axis", axisPointer: { type: "shadow", shadowStyle: { color: token("--hover"), opacity: 0.5 } } },
      xAxis: { type: "category", data: this.spec.x, axisTick: { show: false }, axisLine: { lineStyle: { color: token("--line-2") } }, axisLabel: { ...words, interval: thin ? Math.max(2, Math.ceil(this.spec.x.length / 4) - 1) : "auto" } },
      yAxis: { type: "value", splitNumber: 3, splitLine: { lineStyle: { color: token("--line") } }, axisLabel: words },
      series: this.spec.series.map((series) => this.series(series, tones[series.tone] ?? tones.azure)),
    };
  }

  series({ name, type, data }, color) {
    if (type === "line") {
      const itemStyle = { color, borderColor: token("--panel"), borderWidth: 2 };
      return { name, type, data, smooth: 0.25, symbol: "circle", symbolSize: 6, showSymbol: data.length === 1, lineStyle: { width: 2, color }, itemStyle };
    }
    return { name, type: "bar", data, barMaxWidth: 14, barGap: "20%", barCategoryGap: "42%", itemStyle: { color, borderRadius: [3, 3, 0, 0] } };
  }
});
