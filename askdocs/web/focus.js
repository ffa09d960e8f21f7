// What is typed goes to the terminal from the beginning, without a click on it.
addEventListener("load", () => {
  const waiting = setInterval(() => {
    const terminal = document.querySelector(".xterm-helper-textarea");
    if (terminal) {
      terminal.focus();
      clearInterval(waiting);
    }
  }, 50);
});
