/** Components shared by the Vue apps. */
export { default as ColourShape } from "./ColourShape.vue";
export { default as FieldBox } from "./FieldBox.vue";
export { default as LanguageSwitch } from "./LanguageSwitch.vue";
export { default as PaperPass } from "./PaperPass.vue";
export * from "./shapes";
