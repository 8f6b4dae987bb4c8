"""The words of questions, in English and Chinese."""

from collections.abc import Iterable

from pydantic import PrivateAttr

from agent.understanding.world import World
from tools.core.plan import Question

TEXTS: dict[str, tuple[str, str]] = {
    "empty": (
        "Hello. Tell me about a table and what to do with it, for example: {example}",
        "你好。告诉我一个表格和要做的事，例如：{example}",
    ),
    "help": (
        "Ekiben profiles a table, trains a model that predicts one of its columns, measures it honestly, packages and"
        " deploys it, and rolls it back. For example: {example}",
        "Ekiben 可以查看表格、训练预测某一列的模型、诚实地评估、打包、部署，还能回滚。例如：{example}",
    ),
    "howto": (
        "That is done by saying so, with names of your own. For example: {example}",
        "直接说出来就行，换成你自己的名字。例如：{example}",
    ),
    "no_such_file": ("There is no table {what!r} here. Which one is meant?", "这里没有表格“{what}”。指的是哪一个？"),
    "no_such_file_none": (
        "There is no table {what!r}. What is its path?",
        "没有表格“{what}”。它的路径是什么？",
    ),
    "outside": (
        "{what!r} lies outside this folder, and Ekiben keeps to it. Which path in it is meant?",
        "“{what}”在这个文件夹之外，Ekiben 不会动。要用文件夹里的哪个路径？",
    ),
    "no_table": ("Which table should that be done on?", "要用哪个表格？"),
    "not_a_table": (
        "{what!r} is not a kind of file that Ekiben reads as a table: it takes CSV, TSV, Parquet and Excel (xlsx).",
        "“{what}”不是 Ekiben 能读的表格：可以用 CSV、TSV、Parquet 或 Excel（xlsx）。",
    ),
    "many_tables": (
        "Two tables are named. Ekiben works on one at a time: which one?",
        "请求里有两个表格，Ekiben 一次用一个：用哪一个？",
    ),
    "which_path": ("Which of these tables should be read?", "应该读取哪个表格？"),
    "no_such_column": (
        "{what!r} is no column of this table. Which one is meant?",
        "“{what}”不是这个表格的列。指的是哪一列？",
    ),
    "which_column": ("Several columns could be meant by {what!r}. Which one?", "“{what}”可以指好几列。是哪一列？"),
    "which_target": (
        "Several columns could be the target. Which one should be predicted?",
        "有几列都可能是目标列。要预测哪一列？",
    ),
    "no_target": ("Which column should be predicted?", "要预测哪一列？"),
    "many_targets": (
        "Ekiben predicts one target column with one model. Which one should it be?",
        "Ekiben 一个模型只预测一个目标列。要预测哪一列？",
    ),
    "dropped_target": (
        "{what!r} cannot be both the target and left out. Which one is the target?",
        "“{what}”不能既是目标列又被去掉。目标列是哪一列？",
    ),
    "does_not_fit": ("That does not fit this table: {what} How should it be?", "这和表格对不上：{what} 应该怎么写？"),
    "column_there": (
        "There is a column {what!r} already. What should the new one be called?",
        "已经有“{what}”这一列了。新列叫什么？",
    ),
    "target_inside": (
        "{what!r} is worked out from {column}, the target, which no row to predict has. What is meant?",
        "“{what}”用到了目标列 {column}，预测时没有它。要怎么做？",
    ),
    "no_such_value": (
        "{what!r} is no value of {column}. Which one is meant?",
        "{column} 列里没有“{what}”这个值。是哪一个？",
    ),
    "which_time": (
        "Which column tells the time that {what} is about?",
        "“{what}”说的是哪一列的时间？",
    ),
    "no_such_label": (
        "{what!r} is not a value of the target. Which value is the positive one?",
        "目标列里没有“{what}”这个值。哪个值是正类？",
    ),
    "no_such_artifact": (
        "There is no {kind} {what!r}. Which one is meant?",
        "没有名为“{what}”的{kind}。指的是哪一个？",
    ),
    "no_artifacts": (
        "There is no {kind} yet. First train one, for example: {example}",
        "还没有{kind}。可以先训练一个，例如：{example}",
    ),
    "which_artifact": ("Which {kind} is meant?", "指的是哪个{kind}？"),
    "two_models": (
        "Which two models should be compared? Name both, as in: compare churn:1 and churn:2",
        "要比较哪两个模型？请说出两个，例如：比较 churn:1 和 churn:2",
    ),
    "no_such_revision": (
        "{what} has no revision {number} to go back to. Which one?",
        "{what} 没有可以回滚到的第 {number} 版。要哪一版？",
    ),
    "revision_or_model": (
        "A rollback goes to a revision of the deployment, and {what} is a model. Which is meant?",
        "回滚是回到部署的某一版，而 {what} 是一个模型。要哪一个？",
    ),
    "which_kind": ("What exactly should be deleted?", "到底要删除哪一个？"),
    "cannot_yet": (
        "Ekiben cannot {what} yet. It can {can}.",
        "Ekiben 还不会{what}。现在会的有：{can}。",
    ),
    "cannot_argument": (
        "{tool} takes no {what} yet. Without that it can be done.",
        "{tool} 还不能指定 {what}。不指定的话可以做。",
    ),
    "wish": (
        "Ekiben prepares columns by itself and cannot be told yet to do this: {what}. Without it I can go on.",
        "Ekiben 会自己处理各列，还不能按这个要求做：{what}。去掉这一条我就可以继续。",
    ),
    "not_understood": (
        "I did not understand {what!r}, and would rather not leave it out silently. Should I go on without it?",
        "“{what}”我没有看懂，不想悄悄忽略。不管它，继续吗？",
    ),
    "nothing_understood": (
        "I could not make a plan of that. Say what to do and with which table or model, for example: {example}",
        "我没能理解这个请求。请说要做什么、用哪个表格或模型，例如：{example}",
    ),
    "what_to_do": ("What should be done with {what}?", "要对 {what} 做什么？"),
    "nearest": (
        "I am not sure what that means. These are the nearest that I can do. Which one is meant?",
        "我不太确定这是什么意思。下面是最接近的几种，指的是哪一个？",
    ),
    "which_reading": ("That can be read in more than one way. Which is meant?", "这句话有不止一种理解。是哪一种？"),
    "nothing_to_do": ("Then there is nothing to do. What should be done instead?", "那就没有要做的事了。要做什么呢？"),
    "unused": (
        "I do not see what {what} should be used for here. Should I go on without it?",
        "我不明白这里的 {what} 有什么用。不管它，继续吗？",
    ),
    "contradiction": (
        "Two different values are given for the {what}. Which one?",
        "{what} 给了两个不同的值。用哪一个？",
    ),
    "refused_value": ("{what!r} is not wanted. What should it be instead?", "不要“{what}”，那要用什么？"),
    "out_of_range": ("{what} cannot be {number}. What should it be?", "{what} 不能是 {number}。应该是多少？"),
    "unknown_estimator": (
        "Ekiben does not train {what!r}. It trains these. Which one?",
        "Ekiben 不训练“{what}”。可以训练下面这些，用哪一个？",
    ),
    "exclude_estimator": (
        "Estimators can be chosen, not excluded. Which ones should be tried?",
        "可以指定要用的估计器，不能排除。要试哪些？",
    ),
    "unknown_platform": (
        "Ekiben deploys on this machine, Docker, Kubernetes or serverless, not on {what!r}. Which one?",
        "Ekiben 可以部署到本机、Docker、Kubernetes 或 serverless，不能部署到“{what}”。用哪一个？",
    ),
    "tuning": (
        "Ekiben tunes and validates by itself and takes no such setting: {what}. Without it I can go on.",
        "Ekiben 会自己调参和验证，不接受这个设置：{what}。去掉这一条我就可以继续。",
    ),
    "task_target": ("Which number should be predicted?", "要预测哪个数值？"),
}
KINDS = {"dataset": "数据集", "prepared": "准备好的数据集", "model": "模型", "bento": "Bento", "deployment": "部署"}
VERBS = {
    "profile": ("profile a table", "查看表格"), "preprocess": ("prepare a dataset", "准备数据集"),
    "train": ("train a model", "训练模型"), "evaluate": ("evaluate a model", "评估模型"),
    "explain": ("explain a model", "解释模型"), "compare": ("compare models", "比较模型"),
    "package": ("package a model", "打包模型"), "deploy": ("deploy a model", "部署模型"),
    "promote": ("promote a canary", "金丝雀转正"), "predict": ("score a table", "给表格打分"),
    "monitor": ("monitor a deployment", "监控部署"), "rollback": ("roll a deployment back", "回滚部署"),
    "stop": ("stop a deployment", "停止部署"), "logs": ("show a deployment's log", "查看部署的日志"),
    "status": ("tell what exists and runs", "说明有什么、在运行什么"),
    "register": ("register a model file", "注册模型文件"), "export": ("export a model as a script", "把模型导出为脚本"),
    "delete": ("delete an artifact", "删除一个东西"),
}  # fmt: skip
EXAMPLES = {"en": "train and deploy on churn.csv, target Churn", "zh": "训练并部署 churn.csv，目标列 Churn"}


def example(language: str, world: World) -> str:
    """A request that can be made here."""
    files = world.files()
    if not files or "churn.csv" in files:
        return EXAMPLES[language]
    return f"训练并部署 {files[0]}" if language == "zh" else f"train and deploy on {files[0]}"


class Asking(Question):
    """A question that remembers what it is about, so that an answer can be put into the request."""

    _key: str = PrivateAttr("")
    _language: str = PrivateAttr("en")
    _words: dict[str, object] = PrivateAttr(default_factory=dict)
    _without: str = PrivateAttr("")

    @property
    def key(self) -> str:
        """Which of `TEXTS` it is."""
        return self._key

    @property
    def language(self) -> str:
        return self._language

    def word(self, name: str) -> str:
        """One of the words that the text was filled with."""
        return str(self._words.get(name, ""))

    @property
    def without(self) -> str:
        """The request that leaves out what is asked about, where "yes" means that."""
        return self._without

    def leaving(self, request: str) -> "Asking":
        """This question, where "yes" stands for that request."""
        self._without = request
        return self


def ask(language: str, key: str, options: Iterable[str] = (), **words: object) -> Asking:
    """A question in the person's language, with answers that can be used as they are."""
    text = TEXTS[key][language == "zh"]
    filled = {"example": EXAMPLES[language], **words}
    if "kind" in words:
        filled["kind"] = kind_word(str(words["kind"]), language)
    question = Asking(text=text.format(**filled), options=list(dict.fromkeys(options)))
    question._key, question._language, question._words = key, language, words
    return question


def kind_word(kind: str, language: str) -> str:
    """A kind of artifact as people call it."""
    return KINDS[kind] if language == "zh" else {"prepared": "prepared dataset", "bento": "Bento"}.get(kind, kind)


def verb(tool: str, language: str) -> str:
    """What a tool does, after "can"."""
    return VERBS[tool][language == "zh"] if tool in VERBS else tool


def passed_over(language: str, text: str) -> str:
    """The note that something was taken for talk."""
    return f"“{text}”没有用到。" if language == "zh" else f"{text!r} was not used."
