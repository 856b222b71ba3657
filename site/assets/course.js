// Diagrams, quizzes and self-check boxes. Nothing leaves the browser.
(() => {
  "use strict";
  const assets = new URL(".", document.currentScript.src);

  const stored = (key) => {
    try { return localStorage.getItem(key); } catch { return null; }
  };
  const store = (key, value) => {
    try { localStorage.setItem(key, value); } catch { /* private mode: the state lasts as long as the page */ }
  };

  // Boxes get a name for screen readers, and keep their state under the text that they stand beside.
  const keepBoxes = () => {
    for (const box of document.querySelectorAll(".task-list-item input[type=checkbox]")) {
      const text = box.closest("li").textContent.trim();
      const key = `${location.pathname}#${text}`;
      box.disabled = false;
      box.setAttribute("aria-label", text);
      box.checked = stored(key) === "1";
      box.addEventListener("change", () => store(key, box.checked ? "1" : "0"));
    }
  };

  const startQuiz = (quiz) => {
    const forms = [...quiz.querySelectorAll("form")];
    const score = () => {
      if (forms.some((form) => !form.dataset.done)) return;
      const right = forms.filter((form) => form.dataset.done === "right").length;
      quiz.querySelector(".quiz-score").textContent =
        quiz.dataset.score.replace("{right}", right).replace("{all}", forms.length);
    };
    quiz.classList.add("quiz-ready");
    for (const form of forms) {
      form.addEventListener("submit", (event) => {
        event.preventDefault();
        const result = form.querySelector(".quiz-result");
        const chosen = form.querySelector("input:checked");
        for (const why of form.querySelectorAll(".quiz-why")) why.hidden = true;
        if (!chosen) {
          result.textContent = form.dataset.choose;
          return;
        }
        const right = chosen.dataset.right === "true";
        const why = form.querySelector(`.quiz-why[data-option="${chosen.value}"]`);
        form.dataset.done ||= right ? "right" : "wrong"; // the first answer counts
        result.textContent = `${right ? form.dataset.right : form.dataset.wrong} ${why.textContent}`;
        result.dataset.outcome = right ? "right" : "wrong";
        score();
      });
      for (const why of form.querySelectorAll(".quiz-why")) why.hidden = true;
    }
  };

  // Mermaid is large, so only a page with a diagram loads it. A change of the colour scheme draws the diagrams again.
  const drawDiagrams = async (diagrams, sources) => {
    const dark = document.body.dataset.mdColorScheme === "slate";
    mermaid.initialize({
      startOnLoad: false,
      theme: "base",
      fontFamily: getComputedStyle(document.body).fontFamily,
      themeVariables: dark
        ? { darkMode: true, background: "#14201f", primaryColor: "#1d3a37", primaryTextColor: "#e8f1ef", primaryBorderColor: "#58b8ab", lineColor: "#9cc8c1", secondaryColor: "#2b3b4d", tertiaryColor: "#1b2a29", noteBkgColor: "#4a3f1c", noteTextColor: "#f5ecd0", edgeLabelBackground: "#1b2a29", textColor: "#e8f1ef" }
        : { primaryColor: "#e3f2ef", primaryTextColor: "#12302d", primaryBorderColor: "#0b7a70", lineColor: "#39605b", secondaryColor: "#eaf0f7", tertiaryColor: "#f4f8f7", noteBkgColor: "#fdf3d3", noteTextColor: "#463a10", edgeLabelBackground: "#ffffff", textColor: "#12302d" },
    });
    for (const [number, diagram] of diagrams.entries()) {
      const { svg } = await mermaid.render(`diagram-${number}`, sources[number]);
      diagram.innerHTML = svg;
      const drawn = diagram.querySelector("svg");
      drawn.setAttribute("role", "img");
      drawn.removeAttribute("aria-roledescription");
      drawn.setAttribute("aria-label", diagram.dataset.name);
      diagram.classList.add("drawn");
    }
  };
  const startDiagrams = () => {
    const diagrams = [...document.querySelectorAll("pre.diagram")];
    if (!diagrams.length) return;
    const sources = diagrams.map((diagram) => diagram.textContent);
    for (const diagram of diagrams) {
      let before = diagram.previousElementSibling;
      while (before && !/^H[1-6]$/.test(before.tagName)) before = before.previousElementSibling;
      diagram.dataset.name = `Diagram: ${(before || document.querySelector("h1")).textContent.replace("¶", "").trim()}`;
      diagram.tabIndex = 0;
      diagram.setAttribute("role", "region");
      diagram.setAttribute("aria-label", diagram.dataset.name);
    }
    const script = document.createElement("script");
    script.src = new URL("mermaid.tiny.js", assets);
    script.onload = () => {
      drawDiagrams(diagrams, sources);
      new MutationObserver(() => drawDiagrams(diagrams, sources)).observe(document.body, {
        attributeFilter: ["data-md-color-scheme"],
      });
    };
    document.head.append(script);
  };

  const nameRegions = () => {
    for (const dialog of document.querySelectorAll(".md-search[role=dialog]")) dialog.setAttribute("aria-label", "Search");
    // The theme makes each copy button a landmark of its own, which a screen reader would list.
    const unlist = () => {
      for (const nav of document.querySelectorAll(".md-code__nav:not([role])")) nav.setAttribute("role", "none");
    };
    new MutationObserver(unlist).observe(document.body, { childList: true, subtree: true });
    unlist();
    // A table that is wider than the window can be scrolled with the keyboard.
    const observer = new ResizeObserver((entries) => {
      for (const { target } of entries) {
        if (target.scrollWidth > target.clientWidth) target.tabIndex = 0;
        else target.removeAttribute("tabindex");
      }
    });
    setTimeout(() => {
      for (const scrolled of document.querySelectorAll(".md-typeset__scrollwrap, .md-typeset pre > code")) observer.observe(scrolled);
    }); // the theme wraps the tables first
  };

  document.addEventListener("DOMContentLoaded", () => {
    keepBoxes();
    for (const quiz of document.querySelectorAll(".quiz")) startQuiz(quiz);
    startDiagrams();
    nameRegions();
  });
})();
