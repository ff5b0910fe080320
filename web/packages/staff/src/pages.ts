/** The pages of signing in, and steps of it that one's own account shows again. */
export { default as EnrolStep } from "./EnrolStep.vue";
export { default as EntryPage } from "./EntryPage.vue";
export { default as PasswordStep } from "./PasswordStep.vue";
export { default as RecoveryCodes } from "./RecoveryCodes.vue";
export { default as SignInPage } from "./SignInPage.vue";
