//! Every error code of the API, with its status and words in two languages.
//!
//! A code is a promise: it may be added, never renamed. Clients branch on the code;
//! people read the words.

use axum::http::StatusCode;

macro_rules! codes {
    ($($name:ident $code:literal $status:ident $en:literal $zh:literal;)*) => {
        /// Stable error codes.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Code { $(#[doc = $en] $name),* }

        impl Code {
            /// Every code, for the documentation and its test.
            pub const ALL: &'static [Code] = &[$(Code::$name),*];
            /// The code as sent.
            pub fn as_str(self) -> &'static str { match self { $(Code::$name => $code),* } }
            /// HTTP status.
            pub fn status(self) -> StatusCode { match self { $(Code::$name => StatusCode::$status),* } }
            /// What it means, in English.
            pub fn title(self) -> &'static str { match self { $(Code::$name => $en),* } }
            /// What it means, in Chinese.
            pub fn title_zh(self) -> &'static str { match self { $(Code::$name => $zh),* } }
        }
    };
}

codes! {
    // Requests
    BadJson "bad_json" BAD_REQUEST "The body is not valid JSON." "请求内容不是有效的 JSON。";
    BadUtf8 "bad_utf8" BAD_REQUEST "The body is not valid UTF-8." "请求内容不是有效的 UTF-8 文本。";
    BadQuery "bad_query" BAD_REQUEST "A query parameter cannot be read." "查询参数无法识别。";
    BadPath "bad_path" NOT_FOUND "There is nothing at this address." "该地址不存在。";
    BadHeader "bad_header" BAD_REQUEST "A header cannot be read." "请求头无法识别。";
    BodyTooLarge "body_too_large" PAYLOAD_TOO_LARGE "The body is larger than allowed." "请求内容过大。";
    BodyBroken "body_broken" BAD_REQUEST "The body broke off." "请求内容中断。";
    RequestTimeout "request_timeout" REQUEST_TIMEOUT "The request took too long to arrive or to answer." "请求超时，请重试。";
    CrossSite "cross_site" FORBIDDEN "Another website sent this request; it is not accepted." "请求来自其他网站，已拒绝。";
    UnsupportedMediaType "unsupported_media_type" UNSUPPORTED_MEDIA_TYPE "The content type is not accepted here." "不支持该内容类型。";
    InvalidFields "invalid_fields" UNPROCESSABLE_ENTITY "Some fields are not valid." "部分字段填写有误。";
    NotFound "not_found" NOT_FOUND "There is nothing here." "未找到。";
    MethodNotAllowed "method_not_allowed" METHOD_NOT_ALLOWED "This method is not offered here." "不支持该请求方法。";
    Conflict "conflict" CONFLICT "The state changed meanwhile; read it again." "状态已变化，请刷新后重试。";
    IdempotencyKeyReused "idempotency_key_reused" CONFLICT "This Idempotency-Key came with another request before." "该幂等键已用于其他请求。";
    IdempotencyKeyInUse "idempotency_key_in_use" CONFLICT "A call with this Idempotency-Key is still running; send it again shortly." "使用该幂等键的请求仍在处理，请稍后重试。";
    IdempotencyAnswerLost "idempotency_answer_lost" CONFLICT "The call with this Idempotency-Key was done, but its answer is lost; look at what is there, and use another key." "使用该幂等键的请求已执行，但结果未能保存。请先核对，再用新的键提交。";
    UnstorableText "unstorable_text" UNPROCESSABLE_ENTITY "A text holds a character that cannot be stored." "文本含有无法保存的字符。";
    TimeOutOfRange "time_out_of_range" UNPROCESSABLE_ENTITY "A time lies too far in the past or the future." "时间超出可用范围。";
    Internal "internal" INTERNAL_SERVER_ERROR "Something went wrong on our side." "系统内部错误。";
    TooManyRequests "too_many_requests" TOO_MANY_REQUESTS "Too many requests from here; wait a little." "请求过于频繁，请稍后再试。";
    Overloaded "overloaded" SERVICE_UNAVAILABLE "Too much to do at this moment; try again shortly." "系统繁忙，请稍后重试。";
    DatabaseUnavailable "database_unavailable" SERVICE_UNAVAILABLE "The database cannot be reached at this moment." "数据库暂不可用，请稍后重试。";
    AuditUnavailable "audit_unavailable" SERVICE_UNAVAILABLE "The access cannot be recorded at this moment, so nothing is shown." "访问记录暂时无法写入，因此不予显示。";
    // Callers
    NotSignedIn "not_signed_in" UNAUTHORIZED "Sign in first." "请先登录。";
    SessionExpired "session_expired" UNAUTHORIZED "The session has ended; sign in again." "登录已失效，请重新登录。";
    SessionRevoked "session_revoked" UNAUTHORIZED "This sign-in was ended by somebody, or the account was closed." "此次登录已被注销，或账号已停用。";
    PhoneReplaced "phone_replaced" UNAUTHORIZED "The pass moved to another phone; this one no longer shows it." "通行证已换到另一部手机，本机不再有效。";
    WrongCredentials "wrong_credentials" UNAUTHORIZED "User name or password is wrong." "用户名或密码错误。";
    DeviceRevoked "device_revoked" UNAUTHORIZED "This device is not admitted any more." "该设备已被停用。";
    ShiftNeeded "shift_needed" UNAUTHORIZED "No guard is on duty with this device; sign in for the shift." "本机没有当班人员，请登录上岗。";
    GateClosed "gate_closed" UNAUTHORIZED "This gate is closed; its devices are not admitted meanwhile." "该卡口已关闭，设备暂不可用。";
    NotAllowed "not_allowed" FORBIDDEN "Your role may not do this." "您的角色无权进行此操作。";
    OutsideJurisdiction "outside_jurisdiction" FORBIDDEN "You may not grant more than your own jurisdiction." "超出您的管辖范围。";
    DemoOnly "demo_only" FORBIDDEN "Only offered in demo mode." "仅在演示模式下可用。";
    // Staff
    AccountLocked "account_locked" FORBIDDEN "Too many wrong attempts; the account is locked for half an hour, or until the security administrator unlocks it." "错误次数过多，账号已锁定半小时，或由安全管理员解锁。";
    SecondFactorNeeded "second_factor_needed" FORBIDDEN "Enter a code of your second factor first." "请先输入动态验证码。";
    SecondFactorUnset "second_factor_unset" FORBIDDEN "Set up your second factor first." "请先绑定动态验证码。";
    SecondFactorWrong "second_factor_wrong" UNPROCESSABLE_ENTITY "The code is wrong or was used before; wait for the next one." "验证码错误或已使用过，请等待下一个。";
    SecondFactorSet "second_factor_set" CONFLICT "A second factor is set up already; the security administrator can reset it." "已绑定动态验证码，如需更换请联系安全管理员重置。";
    PasswordChangeNeeded "password_change_needed" FORBIDDEN "Set a password of your own first." "请先修改初始密码。";
    PasswordWrong "password_wrong" UNPROCESSABLE_ENTITY "The present password is wrong." "当前密码错误。";
    TenDontsNotConfirmed "ten_donts_not_confirmed" FORBIDDEN "Read and confirm the ten rules of information security first." "请先阅读并确认信息安全“十不准”。";
    GrantNeeded "grant_needed" FORBIDDEN "Choose a grant to act under; if there is none, ask the security administrator." "请选择任职身份；如没有可用身份，请联系安全管理员。";
    GrantUnfit "grant_unfit" CONFLICT "One person may not hold these two roles." "同一人不得兼任这两个角色。";
    IdentityRefused "identity_refused" UNAUTHORIZED "The identity provider's answer was not accepted; begin again." "统一身份认证结果无效，请重新登录。";
    IdentityUnlinked "identity_unlinked" FORBIDDEN "This identity opens no account here; ask the security administrator to link it." "该身份未关联本系统账号，请联系安全管理员关联。";
    IdentityTaken "identity_taken" CONFLICT "This identity is linked to another account." "该身份已关联其他账号。";
    IdentityProviderDown "identity_provider_down" SERVICE_UNAVAILABLE "The identity provider cannot be used at this moment; sign in with your password." "统一身份认证暂不可用，请用密码登录。";
    OwnAccount "own_account" FORBIDDEN "Nobody does this to their own account." "不能对本人账号进行此操作。";
    ColleagueUnknown "colleague_unknown" UNPROCESSABLE_ENTITY "There is no such colleague in your unit." "本单位没有该同事。";
    UsernameTaken "username_taken" CONFLICT "This user name is taken." "用户名已被占用。";
    // Divisions, employers and gates
    RiskAreasChanged "risk_areas_changed" CONFLICT "Somebody changed the list of risk areas meanwhile; nothing was saved. Look at it and save again." "高风险地区名单已被他人更改，本次未保存。请查看后再次保存。";
    CsvInvalid "csv_invalid" UNPROCESSABLE_ENTITY "The file has rows that cannot be taken; nothing was stored." "文件中有无法识别的行，未保存任何内容。";
    MapInvalid "map_invalid" UNPROCESSABLE_ENTITY "The map cannot be taken; nothing was stored." "地图无法采用，未保存任何内容。";
    DivisionUnknown "division_unknown" UNPROCESSABLE_ENTITY "This division is not known." "未知的行政区划。";
    HomeUnderOrder "home_under_order" CONFLICT "While you are under observation the response team changes the home; call them." "隔离观察期间住址由社区小组变更，请与小组联系。";
    HomeVerified "home_verified" CONFLICT "A grid worker has verified this home; ask for a correction instead." "住址已经网格员核实，如有变动请申请更正。";
    EnclosureUnknown "enclosure_unknown" UNPROCESSABLE_ENTITY "This enclosure is not known." "未知的围合区。";
    EmployerUnknown "employer_unknown" UNPROCESSABLE_ENTITY "This employer is not known." "未知的复工单位。";
    DeviceCodeWrong "device_code_wrong" UNPROCESSABLE_ENTITY "The code is wrong, was used or has run out; ask a supervisor for a new one." "登记码有误、已使用或已过期，请向主管重新领取。";
    CreditCodeTaken "credit_code_taken" CONFLICT "An employer with this unified credit code exists." "该统一社会信用代码已登记。";
    // Phones
    NoTextGateway "no_text_gateway" NOT_IMPLEMENTED "Text messages cannot be sent from here; apply at a counter." "系统未开通短信，请到社区窗口办理。";
    PhoneCodeWrong "phone_code_wrong" UNPROCESSABLE_ENTITY "The code is wrong or no longer counts; ask for a new one." "验证码有误或已失效，请重新获取。";
    TooManyCodes "too_many_codes" TOO_MANY_REQUESTS "A code was sent to this phone a moment ago, or several within the hour; wait a little." "验证码获取过于频繁，请稍后再试。";
    TooManyCodesHere "too_many_codes_here" TOO_MANY_REQUESTS "Many codes were asked for from this network; wait a little, or use mobile data instead of Wi-Fi." "当前网络获取验证码过于频繁，请稍后再试，或改用手机流量。";
    TooManyTries "too_many_tries" TOO_MANY_REQUESTS "Too many tries within a day; try tomorrow, or take the document to a counter." "今日尝试次数过多，请明日再试，或持证件到社区窗口办理。";
    AskAtCounter "ask_at_counter" CONFLICT "This cannot be settled on the phone; take the document to your community's counter, or show it to the grid worker. At every gate the document alone is enough." "手机上无法办理，请持证件到社区窗口办理，或请网格员上门登记手机号。在卡口出示证件即可通行核验。";
    ChallengeUnsolved "challenge_unsolved" UNPROCESSABLE_ENTITY "The task before enrolment was not solved, or has run out; ask for a new one." "人机校验未通过或已过期，请重试。";
    // People
    AlreadyEnrolled "already_enrolled" CONFLICT "These details do not agree with what is held; ask at a counter." "登记信息与已有信息不一致，请到社区窗口办理。";
    NumberClaimed "number_claimed" CONFLICT "Another record holds this number; look at the document and decide whose it is, on the person's page." "该证件号码登记在另一份记录上，请核对证件并在人员页面确认号码归属。";
    HeldElsewhere "held_elsewhere" CONFLICT "This number's record counts in another place; the community there changes it, or the person asks for it in the app." "该证件号码的记录属于其他辖区，请由当地社区办理，或由本人在手机上申请更正。";
    AskColleague "ask_colleague" CONFLICT "You entered this person's home within the last day. A colleague who has seen the document writes the phone now, or you do after 24 hours." "该人员的住址由您在24小时内登记，手机号须由核验过证件的另一名同事办理，或满24小时后再由您办理。";
    PhotoInvalid "photo_invalid" UNPROCESSABLE_ENTITY "This is not a picture that can be read (JPEG, PNG or WebP)." "无法识别的图片（支持 JPEG、PNG、WebP）。";
    PhotoMissing "photo_missing" NOT_FOUND "There is no photo." "尚无照片。";
    PhotoByStaff "photo_by_staff" CONFLICT "Staff took this photo; a new one is taken at a counter or at the door." "该照片由工作人员核实时拍摄，请在社区窗口或由网格员更换。";
    TooManyDependants "too_many_dependants" CONFLICT "One phone may carry eight people at most." "一部手机最多代办八人。";
    HasOwnPhone "has_own_phone" CONFLICT "They show the pass on a phone of their own; it works there." "对方已在自己的手机上出示通行证。";
    PhoneOfGuardian "phone_of_guardian" CONFLICT "This is your own number; enter the number of their phone." "这是您本人的手机号，请填写对方的手机号。";
    TooManyPapers "too_many_papers" CONFLICT "Too many people live there to search by building; choose a household." "该网格人数过多，无法按楼栋打印，请按户打印。";
    // Facts
    FactInvalid "fact_invalid" UNPROCESSABLE_ENTITY "The fact is not valid." "事实内容有误。";
    FactOfOrder "fact_of_order" CONFLICT "This fact belongs to a quarantine order; change the order." "该事实属于隔离令，请在隔离管理中办理。";
    ResolvedOnAppeal "resolved_on_appeal" CONFLICT "An appeal has found this very evidence wrong for this person; bring new evidence." "该证据经申诉已认定有误，不得再次使用；请提供新的证据。";
    FactRetracted "fact_retracted" CONFLICT "The fact is retracted already." "该事实已被撤回。";
    FactTooMany "fact_too_many" CONFLICT "There are as many live facts of catalogued kinds about this person as there may be." "此人有效的目录类事实已达上限。";
    // What makes a pass red
    RedNeedsTwo "red_needs_two" CONFLICT "This would turn the pass red: propose it with its evidence, and a person of another unit confirms." "此项会使通行证变红：请附证据提出，由另一单位人员确认后生效。";
    RedNotNeeded "red_not_needed" UNPROCESSABLE_ENTITY "This turns no pass red by the rules in force; record it directly." "按现行规则此项不会变红，请直接登记。";
    RedNoGround "red_no_ground" UNPROCESSABLE_ENTITY "This is on no ground of the closed list; nothing else makes a pass red." "不属于法定变红事由，任何其他理由不得使通行证变红。";
    RedSameAccount "red_same_account" CONFLICT "Who proposed it cannot confirm it." "提出人不能自行确认。";
    RedSameUnit "red_same_unit" CONFLICT "Somebody of another unit has to confirm it." "须由另一单位的人员确认。";
    RedCapReached "red_cap_reached" TOO_MANY_REQUESTS "You have proposed as many people as one person may in an hour; send a list, which is held for approval." "您本小时提出的人数已达上限；请以名单提交，由上级审批。";
    ProposalExists "proposal_exists" CONFLICT "The same is proposed for this person already." "该人员已有相同事由的待确认项。";
    ProposalDecided "proposal_decided" CONFLICT "This proposal is decided already, or lapsed." "该待确认项已处理或已失效。";
    ProposalNotYours "proposal_not_yours" CONFLICT "Only who proposed it can withdraw it; others refuse it." "只有提出人可以撤回；其他人请选择不予确认。";
    // Rules
    ImportNotReleased "import_not_released" CONFLICT "No held import of this source was released under this number, or it was carried out already." "该编号下没有已放行的同来源导入，或已执行过。";
    ImportSameAccount "import_same_account" CONFLICT "Who sent a file cannot release it." "导入人不能放行自己导入的文件。";
    RuleGroundless "rule_groundless" UNPROCESSABLE_ENTITY "The table turns somebody red on no ground of the closed list." "规则表会使无法定事由的人员变红。";
    RuleTableInvalid "rule_table_invalid" UNPROCESSABLE_ENTITY "The rule table is not valid." "规则表有误。";
    TimeHoldDecided "time_hold_decided" CONFLICT "This hold does not wait any more." "该暂缓事项已不在等待状态。";
    RuleNothingBefore "rule_nothing_before" CONFLICT "No other version was in force here before." "此处之前没有生效过其他版本。";
    RuleScheduleDecided "rule_schedule_decided" CONFLICT "This schedule does not wait any more." "该生效计划已不在等待状态。";
    RuleSetChanged "rule_set_changed" CONFLICT "Somebody edited this draft meanwhile; read it again." "该草案已被他人修改，请刷新后重试。";
    RuleSetClosed "rule_set_closed" CONFLICT "This version is approved or withdrawn and does not change any more; begin a new one." "该版本已批准或已作废，不可再改，请新建版本。";
    RuleSetInForce "rule_set_in_force" CONFLICT "This version is in force." "该版本正在生效。";
    RuleSetNoCases "rule_set_no_cases" UNPROCESSABLE_ENTITY "A version without cases cannot be checked; write at least one." "没有用例的版本无法校验，请至少编写一条。";
    RuleSetNotApproved "rule_set_not_approved" CONFLICT "Only an approved version can do this." "仅已批准的版本可进行此操作。";
    RuleSetNotBackTested "rule_set_not_back_tested" CONFLICT "Back-test exactly these tables first." "请先对当前规则表进行回测。";
    RuleSetSameAccount "rule_set_same_account" CONFLICT "Who wrote a version cannot approve it." "编写人不能批准自己编写的版本。";
    CatalogueEntryClosed "catalogue_entry_closed" CONFLICT "The entry is approved or withdrawn and does not change any more." "该条目已批准或已撤回，不能再更改。";
    CatalogueSameUnit "catalogue_same_unit" CONFLICT "Somebody of another unit than whoever proposed it has to approve it." "须由提出人以外单位的人员批准。";
    CatalogueFull "catalogue_full" CONFLICT "Too many proposals wait; decide on some first." "待批准的条目过多，请先处理。";
    RuleSetSameUnit "rule_set_same_unit" CONFLICT "Somebody of another unit than its writers has to approve it." "须由编写人以外单位的人员批准。";
    RuleSetUnchecked "rule_set_unchecked" CONFLICT "Check this version first: all its cases have to pass as it stands." "请先校验：当前内容的全部用例须通过。";
    RuleSetUnknown "rule_set_unknown" NOT_FOUND "There is no such rule set." "规则版本不存在。";
    BackTestNotDone "back_test_not_done" CONFLICT "The back-test is not done yet." "回测尚未完成。";
    // Passes and scans
    NotAPass "not_a_pass" UNPROCESSABLE_ENTITY "This code is not a GridPass code." "这不是电子通行证二维码。";
    PassMalformed "pass_malformed" UNPROCESSABLE_ENTITY "The pass code is damaged." "通行码已损坏，无法识别。";
    PassTooLong "pass_too_long" UNPROCESSABLE_ENTITY "The pass code is too long." "通行码过长。";
    PassForged "pass_forged" UNPROCESSABLE_ENTITY "The pass code is not genuine." "通行码校验失败，疑似伪造。";
    PassKeyUnknown "pass_key_unknown" UNPROCESSABLE_ENTITY "The pass is signed with a key that is not known." "通行证签名密钥未知。";
    PassSuiteUnknown "pass_suite_unknown" UNPROCESSABLE_ENTITY "The pass code uses a cryptographic suite not known here." "通行码使用了未知的密码算法。";
    PassKeyRetired "pass_key_retired" UNPROCESSABLE_ENTITY "The pass is signed with a key that was withdrawn." "通行证签名密钥已被停用。";
    PassKeyNotInForce "pass_key_not_in_force" UNPROCESSABLE_ENTITY "The pass is signed outside its key's period." "通行证签发时间不在密钥有效期内。";
    PassSpecimen "pass_specimen" UNPROCESSABLE_ENTITY "This is a specimen; it never passes." "这是样张，不能通行。";
    PassRevoked "pass_revoked" UNPROCESSABLE_ENTITY "This pass was replaced or withdrawn." "该通行证已被替换或注销。";
    PassSerialWrong "pass_serial_wrong" UNPROCESSABLE_ENTITY "The pass serial is not this person's." "通行证序号与人员不符。";
    PresentationExpired "presentation_expired" UNPROCESSABLE_ENTITY "The code shown is too old; ask for the live one." "二维码已过期，请出示实时码。";
    PresentationInFuture "presentation_in_future" UNPROCESSABLE_ENTITY "The code shown is from the future; check the phone's clock." "二维码时间超前，请检查手机时间。";
    PresentationReplayed "presentation_replayed" UNPROCESSABLE_ENTITY "This very code was shown at another gate just now." "该二维码刚在其他卡口使用过。";
    PresentationNearby "presentation_nearby" UNPROCESSABLE_ENTITY "This code was shown at the next gate just now; wait for the next one, at most 30 seconds." "该二维码刚在相邻卡口出示过，请等待下一个码（30 秒内）。";
    CredentialExpired "credential_expired" UNPROCESSABLE_ENTITY "The pass must be renewed on the phone." "通行证已过期，请联网更新。";
    CredentialNotYetValid "credential_not_yet_valid" UNPROCESSABLE_ENTITY "The pass is not valid yet." "通行证尚未生效。";
    NotAGateCode "not_a_gate_code" UNPROCESSABLE_ENTITY "This is not a GridPass gate code." "这不是卡口码。";
    GateCodeMalformed "gate_code_malformed" UNPROCESSABLE_ENTITY "The gate code is damaged." "卡口码已损坏，无法识别。";
    GateUnknown "gate_unknown" UNPROCESSABLE_ENTITY "This gate is not known." "未知的卡口。";
    GateCodeForged "gate_code_forged" UNPROCESSABLE_ENTITY "The gate code is not genuine." "卡口码校验失败，疑似伪造。";
    GateCodeExpired "gate_code_expired" UNPROCESSABLE_ENTITY "The gate code is old; scan the one now on the gate's screen." "卡口码已过期，请扫描卡口屏幕上的实时码。";
    GateCodeInFuture "gate_code_in_future" UNPROCESSABLE_ENTITY "The gate code is from the future; check the clocks." "卡口码时间超前，请检查时钟。";
    PersonUnknown "person_unknown" NOT_FOUND "Nobody is known under this; register on the spot." "未查到登记信息，请现场登记。";
    TemperatureAbsurd "temperature_absurd" UNPROCESSABLE_ENTITY "The temperature cannot be a person's (30 to 45 °C)." "体温数值异常（应在 30 至 45 ℃ 之间）。";
    TimeInFuture "time_in_future" UNPROCESSABLE_ENTITY "The time lies in the future; check the device's clock." "时间晚于当前时间，请检查设备时钟。";
    TimeTooOld "time_too_old" UNPROCESSABLE_ENTITY "The time lies too far back." "时间过早，超出可接受范围。";
    DeviceKeyMissing "device_key_missing" CONFLICT "The device has not registered its key." "设备尚未登记密钥。";
    DeviceSignatureInvalid "device_signature_invalid" UNPROCESSABLE_ENTITY "The upload is not signed by this device." "上传内容的设备签名无效。";
    UploadTooLarge "upload_too_large" PAYLOAD_TOO_LARGE "An upload may carry 1,000 scans at most." "每次最多上传 1000 条记录。";
    UploadBatchReused "upload_batch_reused" CONFLICT "This batch number came with other scans before." "该批次号已用于其他内容。";
    ShiftUnknown "shift_unknown" NOT_FOUND "This device has no such shift." "本设备没有该班次。";
    NotScannedHere "not_scanned_here" NOT_FOUND "This person was not scanned at this gate in the last ten minutes." "该人员近十分钟未在本卡口扫码。";
    // Field work
    VisitClosed "visit_closed" CONFLICT "The visit is closed already." "该核查任务已完成。";
    OrderExists "order_exists" CONFLICT "A quarantine order is live already." "该人员已有有效的隔离令。";
    OrderReleased "order_released" CONFLICT "The order is released already." "该隔离令已解除。";
    OrderNotOver "order_not_over" CONFLICT "The order is not over: it ends by itself on its last day. Before that a doctor discharges with a paper, or the order is taken back on a ground." "隔离尚未期满，到期自动解除。提前解除须由医生凭诊断证明办理，或按法定事由撤销。";
    OrderChangeWaits "order_change_waits" CONFLICT "Another change of this order waits to be confirmed; it comes first." "该隔离令另有变更待确认，请先处理。";
    HouseholdUnknown "household_unknown" UNPROCESSABLE_ENTITY "There is no such household there." "该处没有此户。";
    AlertClosed "alert_closed" CONFLICT "The alert is closed already." "该告警已关闭。";
    AlertNotAccepted "alert_not_accepted" CONFLICT "Accept the alert first; unseen it closes only as a false alarm or advised." "请先接警；未接警只能以误报或已告知办结。";
    NotObserved "not_observed" CONFLICT "This person is not under observation on that day." "该人员当日不在隔离观察期内。";
    CheckDiffers "check_differs" CONFLICT "Another reading was entered for the same instant." "同一时刻已登记过不同的读数。";
    OpeningOverlaps "opening_overlaps" CONFLICT "Another opening is announced for this time; take it back first." "该时间段已有开门报备，请先撤销原报备。";
    TooManyOpenings "too_many_openings" CONFLICT "A phone announces six openings and two hours a day at most; call the team for more." "手机每日最多报备六次、共两小时，如需更多请电话联系三位一体小组。";
    OpeningOver "opening_over" CONFLICT "This opening is over or was taken back." "该开门报备已结束或已撤销。";
    NeedClosed "need_closed" CONFLICT "This request is delivered or refused already." "该需求已办结。";
    TooManyNeeds "too_many_needs" CONFLICT "Several requests are open already; they come first." "已有多项需求待办，请稍候。";
    TooManyEntries "too_many_entries" TOO_MANY_REQUESTS "Too many entries within a day; call your response team." "今日登记次数过多，请电话联系三位一体小组。";
    SensorRemoved "sensor_removed" UNAUTHORIZED "This sensor is not admitted any more." "该传感器已停用。";
    InspectionOpen "inspection_open" CONFLICT "An inspection of this gate is going on." "该卡口正在进行暗访。";
    InspectionClosed "inspection_closed" CONFLICT "This inspection has ended with another result." "该次暗访已结束，结果不同。";
    // Papers
    PaperNoGround "paper_no_ground" CONFLICT "The record does not say what this paper would." "系统记录与该证明内容不符，不能出具。";
    PaperUnknown "paper_unknown" NOT_FOUND "No paper of this number was issued here." "查无此证明编号。";
    PaperWithdrawn "paper_withdrawn" CONFLICT "This paper is withdrawn already." "该证明已作废。";
    // Appeals
    AppealNotNeeded "appeal_not_needed" CONFLICT "The pass is green; there is no colour to appeal against." "通行证为绿证，无需申诉。";
    AppealExists "appeal_exists" CONFLICT "An appeal against this is open already." "该事项已有正在处理的申诉。";
    AppealClosed "appeal_closed" CONFLICT "This appeal is closed." "该申诉已办结。";
    AppealOwnCause "appeal_own_cause" CONFLICT "Who recorded or confirmed the evidence cannot decide the appeal against it." "登记或确认该依据的人员不能办理对其的申诉。";
    AppealHeldAbove "appeal_held_above" CONFLICT "The level above has this appeal." "该申诉由上一级办理。";
    AppealNeedsDoctor "appeal_needs_doctor" CONFLICT "A doctor, or the level above, takes medical evidence back." "医学依据须由医生或上一级撤销。";
    EvidenceTypeUnknown "evidence_type_unknown" UNPROCESSABLE_ENTITY "This is neither a picture (JPEG, PNG, WebP) nor a PDF." "仅支持图片（JPEG、PNG、WebP）或 PDF 文件。";
    EvidenceUnreadable "evidence_unreadable" UNPROCESSABLE_ENTITY "This file is damaged, locked or cannot be checked; take a photo of the paper instead." "文件已损坏、加密或无法检查，请改为拍照上传。";
    EvidenceActive "evidence_active" UNPROCESSABLE_ENTITY "This PDF holds programs, forms or other files and is not accepted; take a photo of the paper instead." "该 PDF 含有脚本、表单或内嵌文件，不予接收，请改为拍照上传。";
    EvidenceTooMany "evidence_too_many" CONFLICT "An appeal may hold six photos and papers at most." "每项申诉最多上传六份材料。";
    // Registry
    RegistryHeaderInvalid "registry_header_invalid" UNPROCESSABLE_ENTITY "The header row is not as described." "表头与要求不符。";
}

#[cfg(test)]
mod tests {
    use super::Code;

    #[test]
    fn codes_are_unique_and_snake_case() {
        let mut seen = std::collections::BTreeSet::new();
        for code in Code::ALL {
            assert!(seen.insert(code.as_str()), "{} stands twice", code.as_str());
            assert!(
                code.as_str()
                    .bytes()
                    .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
            );
            assert!(!code.title_zh().is_ascii());
        }
    }
}
