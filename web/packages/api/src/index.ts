/**
 * What travels between the apps and the server, by the names the apps use.
 *
 * Every type is the server's own, generated from its description (`npm run generate`); a test proves
 * the generated file fresh and every address that is called existing. A change of the server
 * shows as a type error here.
 */
import type { components, paths } from "./schema";

type Schemas = components["schemas"];

export type Path = keyof paths;

export type Colour = Schemas["Colour"];
export type Action = Schemas["Action"];
export type Direction = Schemas["Direction"];
export type Reason = Schemas["Reason"];
export type DocumentType = Schemas["DocumentType"];

// At the gate.
export type Decision = Schemas["ScanView"];
export type NewScan = Schemas["ScanInput"];
export type HolderCard = Schemas["PersonCard"];
export type NewGateCheck = Schemas["GateCheckInput"];
export type CheckedDecision = Schemas["DecisionView"];
export type DeviceView = Schemas["DeviceView"];
export type GateCodeView = Schemas["GateCodeView"];
export type UploadedScan = Schemas["UploadedScan"];
export type UploadView = Schemas["UploadView"];

// On the phone.
export type PassView = Schemas["PassView"];
export type Enrolled = Schemas["EnrolledView"];
export type Applicant = Schemas["EnrolInput"];
export type NewPhoneCode = Schemas["PhoneCodeInput"];
export type PhoneCodeView = Schemas["PhoneCodeView"];
export type ChallengeView = Schemas["ChallengeView"];
export type NoticeView = Schemas["NoticeView"];
export type NewDependant = Schemas["DependantInput"];
export type CredentialView = Schemas["CredentialView"];
export type PublicEnclosure = Schemas["PublicEnclosure"];
export type NewGateCodeScan = Schemas["GateScanInput"];
export type LookView = Schemas["LookView"];
export type LookPage = Schemas["Page_LookView"];

// Around the pass.
export type FamilyView = Schemas["FamilyView"];
export type FamilyMember = Schemas["FamilyMemberView"];
export type PassExplanation = Schemas["PassExplanation"];
export type PaperPassView = Schemas["PaperPassView"];
export type PaperOfHome = Schemas["PaperOfHome"];
export type PapersView = Schemas["PapersView"];
export type NewPapers = Schemas["PapersInput"];
export type DeclarationView = Schemas["DeclarationView"];
export type DeclarationInput = Schemas["DeclarationInput"];
export type Journey = Schemas["Journey"];
export type Means = Schemas["Means"];
export type Leg = Schemas["Leg"];
export type DeclaredSymptom = Schemas["DeclaredSymptom"];
export type DeclaredContact = Schemas["DeclaredContact"];
export type OwnDataView = Schemas["OwnDataView"];
export type HeldField = Schemas["HeldField"];
export type HeldFact = OwnDataView["facts"]["items"][number];
export type Correction = Schemas["Correction"];
export type CorrectionView = Schemas["CorrectionView"];
export type PrivacyNotice = Schemas["PrivacyNotice"];

// At the console.
export type SessionView = Schemas["SessionView"];
export type IdentityQuestion = Schemas["IdentityQuestion"];
export type ProviderView = Schemas["ProviderView"];
export type AccountView = Schemas["MeView"];
export type Need = Schemas["Need"];
export type GrantView = Schemas["GrantView"];
export type Role = Schemas["Role"];
export type NewFactorView = Schemas["NewFactorView"];
export type RecoveryCodesView = Schemas["RecoveryCodesView"];
export type TenDontsView = Schemas["TenDontsView"];
export type SessionRow = Schemas["SessionRow"];
export type SignInRow = Schemas["SignInRow"];
export type StaffView = Schemas["StaffView"];
export type NewStaff = Schemas["NewStaff"];
export type GrantInput = Schemas["GrantInput"];
export type HandOverInput = Schemas["HandOverInput"];
export type StaffPage = Schemas["Page_StaffView"];
export type DivisionView = Schemas["DivisionView"];
export type PeopleStats = Schemas["PeopleStats"];
export type DivisionCounts = Schemas["ChildCount"];
export type LiveStats = Schemas["LiveStats"];
export type AlertView = Schemas["Alert"];
export type AlertPage = Schemas["Page_Alert"];
export type Proposal = Schemas["Proposal"];
export type NewProposal = Schemas["ProposeInput"];
export type RedList = Schemas["RedList"];
export type RedListAnswer = Schemas["ListAnswer"];
export type RedFinding = Schemas["RedFinding"];
export type AuditEntry = Schemas["EntryView"];
export type AuditPage = Schemas["Page_EntryView"];
export type LookupFinding = Schemas["Finding"];
export type FindingPage = Schemas["Page_Finding"];
export type PersonView = Schemas["PersonView"];
export type AppealView = Schemas["AppealView"];
export type AppealPage = Schemas["Page_AppealView"];
export type AppealDetail = Schemas["AppealDetail"];
export type AppealStep = Schemas["AppealStep"];
export type AppealEvidence = Schemas["AppealEvidenceView"];
export type AppealOwner = Schemas["AppealOwner"];
export type AppealStats = Schemas["AppealStats"];
export type AppealCounts = Schemas["AppealCounts"];
export type AppealAbout = Schemas["About"];
export type DecisionReason = Schemas["DecisionReason"];
export type OwnAppeal = Schemas["OwnAppeal"];
export type ColourSpan = Schemas["ColourSpan"];
export type Glass = Schemas["Glass"];
export type GlassPage = Schemas["Page_Glass"];
export type GlassReason = Schemas["GlassReason"];
export type NewGlass = Schemas["GlassInput"];
export type EnclosureView = Schemas["EnclosureView"];
export type EnclosurePage = Schemas["Page_EnclosureView"];
export type EmployerPage = Schemas["Page_EmployerView"];
export type EmployerDetail = Schemas["EmployerDetail"];
export type ExplainedDecision = Schemas["ExplainedView"];
export type Fact = Schemas["FactView"];
export type FactPage = Schemas["Page_FactView"];
export type PersonScan = Schemas["PersonScan"];
export type PersonScanPage = Schemas["Page_PersonScan"];
export type LookupView = Schemas["LookupView"];
export type LookupPage = Schemas["Page_LookupView"];
export type Visit = Schemas["Visit"];
export type VisitPage = Schemas["Page_Visit"];
export type VisitStatus = Schemas["VisitStatus"];
export type QuarantineOrder = Schemas["QuarantineOrder"];
export type OrderPage = Schemas["OrderPage"];
export type OrderStatus = Schemas["OrderStatus"];
export type QuarantinePlace = Schemas["QuarantinePlace"];
export type ProposalPage = Schemas["Page_Proposal"];
export type RedReason = Schemas["RedReason"];
export type EvidenceKind = Schemas["EvidenceKind"];

// In the rule lab.
export type RuleSetView = Schemas["RuleSetView"];
export type RuleSetPage = Schemas["Page_RuleSetView"];
export type RuleTablesView = Schemas["RuleTablesView"];
export type NewRuleSet = Schemas["NewRuleSet"];
export type RuleSetEdit = Schemas["RuleSetEdit"];
export type TablesReport = Schemas["TablesReport"];
export type TableError = Schemas["TableError"];
export type CheckedRuleSet = Schemas["CheckedView"];
export type WorkbookView = Schemas["WorkbookView"];
export type RulesInForce = Schemas["RulesInForce"];
export type InForceView = Schemas["InForceView"];
export type RuleSchedule = Schemas["Schedule"];
export type RuleSchedulePage = Schemas["Page_Schedule"];
export type NewRuleSchedule = Schemas["NewSchedule"];
export type RuleStepPage = Schemas["Page_StepView"];
export type RuleShadow = Schemas["Shadow"];
export type RuleShadowPage = Schemas["Page_Shadow"];
export type RuleShadowView = Schemas["ShadowView"];
export type NewRuleShadow = Schemas["NewShadow"];
export type BackTestView = Schemas["BackTestView"];
export type BackTestPage = Schemas["Page_BackTestView"];
export type ImpactCard = Schemas["ImpactCard"];
export type ImpactGroup = Schemas["Group"];
export type ImpactKind = Schemas["RuleMove"];
export type BackTestExample = Schemas["ExampleView"];

// Of the response team.
export type AlertOutcome = Schemas["AlertOutcome"];
export type AlertFollow = Schemas["AlertFollow"];
export type AlertStep = Schemas["AlertStep"];
export type AlertNotice = Schemas["AlertNotice"];
export type ObservedPerson = Schemas["ObservedPerson"];
export type NewNeed = Schemas["NewNeed"];
export type NewOpening = Schemas["NewOpening"];
export type MapFeature = Schemas["MapFeature"];
export type DivisionMap = Schemas["DivisionMap"];
export type ObservedPage = Schemas["ObservedPage"];
export type ObservedSlot = Schemas["SlotView"];
export type DiaryView = Schemas["DiaryView"];
export type NewCheck = Schemas["NewCheck"];
export type RecordedCheck = Schemas["RecordedCheck"];
export type CheckSymptom = Schemas["CheckSymptom"];
export type NeedView = Schemas["NeedView"];
export type NeedPage = Schemas["Page_NeedView"];
export type NeedKind = Schemas["NeedKind"];
export type NeedRefusal = Schemas["Refusal"];
export type OpeningView = Schemas["OpeningView"];
export type OpeningPage = Schemas["Page_OpeningView"];
export type OrderStep = Schemas["OrderStep"];
export type PaperView = Schemas["PaperView"];
export type IssuedPaper = Schemas["IssuedPaper"];
export type IssuedPaperPage = Schemas["Page_IssuedPaper"];
export type CheckedPaper = Schemas["CheckedPaper"];
export type NewPaper = Schemas["NewPaper"];
// In the field.
export type Stop = Schemas["Stop"];
export type StopPage = Schemas["StopPage"];
export type StopPerson = Schemas["StopPerson"];
export type StopVisit = Schemas["StopVisit"];
export type VisitKind = Schemas["VisitKind"];
export type CallInput = Schemas["CallInput"];
export type CallsInput = Schemas["CallsInput"];
export type CallsView = Schemas["CallsView"];
export type CallResult = Schemas["CallResult"];
export type CallOutcome = Schemas["CallOutcome"];
export type CallReason = Schemas["CallReason"];
export type FieldConflict = Schemas["FieldConflict"];
export type HouseholdNeed = Schemas["HouseholdNeed"];
export type Symptom = Schemas["Symptom"];
export type VisitOverview = Schemas["VisitOverview"];
export type WorkerLoad = Schemas["WorkerLoad"];
export type VisitRef = Schemas["VisitRef"];
export type AssignedView = Schemas["AssignedView"];
export type NewPerson = Schemas["PersonInput"];
export type PaperPass = Schemas["PaperPassView"];
