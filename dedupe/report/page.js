// The slider below a curve: what the model expects at another threshold. Without it the table tells.
for (const place of document.querySelectorAll(".try")) {
  const points = JSON.parse(place.querySelector("script").textContent);
  const slider = place.querySelector("input"), told = place.querySelector("output");
  const percent = (share) => (100 * share).toFixed(1) + " %";
  const tell = () => {
    const [threshold, precision, recall, pairs] = points[slider.value];
    told.textContent = `from ${String(threshold).replace("-", "\u2212")} bits on: precision ${percent(precision)}, recall ${percent(recall)}, ${pairs.toLocaleString("en")} pairs`;
  };
  slider.addEventListener("input", tell);
  place.hidden = false;
  tell();
}
