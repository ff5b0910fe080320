// For browsers that know no modules: plain words, because nothing else can be done there.
document.getElementById("app").textContent =
  "\u8fd9\u90e8\u624b\u673a\u7684\u6d4f\u89c8\u5668\u592a\u65e7\u3002\u8bf7\u5230\u793e\u533a\u7a97\u53e3\u529e\u7406\uff0c\u6216\u7531\u7f51\u683c\u5458\u6253\u5370\u7eb8\u8d28\u8bc1\uff1b\u51ed\u8eab\u4efd\u8bc1\u4e5f\u53ef\u901a\u884c\u3002 " +
  "This browser is too old. Ask at your community's counter, or let a grid worker print a pass; an identity card works at every gate.";
