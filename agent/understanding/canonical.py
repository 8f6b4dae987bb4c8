"""A plan as the canonical request that asks for it, in English or Chinese."""

from collections.abc import Callable
from typing import Any

from tools.core.names import slug, stem
from tools.core.plan import Plan, Step


def render(plan: Plan, language: str) -> str:
    """One request that the planner understands as exactly this plan."""
    zh = language == "zh"
    by = {s.tool: s.args for s in plan.plan}
    parts = [_training(by, zh)] if "profile" in by or "preprocess" in by or "train" in by else []
    made = by.get("train", {}).get("name")
    parts += [p for s in plan.plan if (p := _phrase(s, made, "deploy" in by, zh))]
    return ("；" if zh else "; ").join(p for p in parts if p)


def _quoted(value: str) -> str:
    return f'"{value}"'


def _training(by: dict[str, dict[str, Any]], zh: bool) -> str:
    path = by.get("profile", {}).get("path")
    start = path or (by.get("preprocess") or by["train"])["dataset"]
    if "train" in by:
        deploy = "deploy" in by and by["deploy"].get("model") == by["train"]["name"]
        head = (
            (f"训练并部署 {start}" if deploy else f"用 {start} 训练")
            if zh
            else (f"train and deploy on {start}" if deploy else f"train on {start}")
        )
    elif "preprocess" in by:
        head = f"预处理 {start}" if zh else f"preprocess {start}"
    else:
        head = f"查看 {start}" if zh else f"profile {start}"
    known = slug(stem(path)) if path else start.partition(":")[0]
    wishes = _wishes(by, zh)
    names = [by[t]["name"] for t in ("profile", "preprocess", "train") if "name" in by.get(t, {})] or [known]
    if names[0] != known:
        wishes.append(f"叫做 {names[0]}" if zh else f"call it {names[0]}")
    prepared = by.get("preprocess", {}).get("name", names[0])
    if prepared != names[0]:
        wishes.append(f"处理好的数据集叫 {prepared}" if zh else f"name the prepared dataset {prepared}")
    if "train" in by and names[-1] != names[0]:
        wishes.append(f"叫做 {names[-1]}" if zh else f"call it {names[-1]}")
    served = by.get("deploy", {})
    if "train" in by and served.get("model") == names[-1] != served.get("name", names[-1]):
        wishes.append(f"服务名叫 {served['name']}" if zh else f"deploy it as {served['name']}")
    return ("，" if zh else ", ").join([head, *wishes])


def _wishes(by: dict[str, dict[str, Any]], zh: bool) -> list[str]:
    given: dict[str, Any] = {}
    for tool in ("profile", "preprocess", "train", "deploy"):
        given |= {k: v for k, v in by.get(tool, {}).items() if tool != "deploy" or "train" in by}
    return [p for name, value in given.items() if (p := _wish(name, value, zh))]


PREPARING = {
    "impute": {
        "median": ("median imputation", "缺失值用中位数填充"), "mean": ("mean imputation", "缺失值用均值填充"),
        "most_frequent": ("mode imputation", "缺失值用众数填充"), "constant": ("fill gaps with 0", "缺失值用 0 填充"),
        "none": ("no imputation", "不填充缺失值"),
    },
    "scale": {
        "standard": ("standard scaling", "标准化"), "minmax": ("min-max scaling", "归一化"),
        "none": ("no scaling", "不做标准化"),
    },
    "encode": {
        "onehot": ("one-hot encoding", "独热编码"), "ordinal": ("ordinal encoding", "序数编码"),
        "target": ("target encoding", "目标编码"),
    },
}  # fmt: skip
KINDS = {"categorical": "类别", "numeric": "数值", "text": "文本", "datetime": "日期", "boolean": "布尔", "id": "编号"}
SIMPLE = {
    "time_limit": ("at most {} seconds", "最多 {} 秒"),
    "memory_limit": ("at most {} GB of memory", "内存不超过 {} GB"),
    "false_negative_cost": ("a false negative costs {} times a false alarm", "漏报的代价是误报的 {} 倍"),
    "max_latency_ms": ("latency at most {} ms", "延迟不超过 {} 毫秒"),
    "metric": ("metric {}", "指标 {}"), "port": ("port {}", "端口 {}"),
    "host": ("host {}", "主机 {}"), "replicas": ("{} replicas", "{} 个副本"), "seed": ("seed {}", "随机种子 {}"),
    "canary": ("canary {}%", "金丝雀 {}%"), "test_fraction": ("test fraction {}", "测试集比例 {}"),
    "encoding": ("encoding {}", "编码 {}"), "sheet": ('sheet "{}"', '工作表 "{}"'),
    "lines": ("last {} lines", "最后 {} 行"),
}  # fmt: skip
COLUMNS = {
    "target": ("target {}", "目标列 {}"), "time_column": ("split by time on {}", "按 {} 时间切分"),
    "group_column": ("group by {}", "按 {} 分组"), "weight_column": ("weight column {}", "权重列是 {}"),
    "positive": ("positive label {}", "正类是 {}"),
}  # fmt: skip
SPLITS = {
    "random": ("random split", "随机切分"),
    "stratified": ("stratified split", "分层切分"),
    "time": ("time split", "时间切分"),
    "group": ("group split", "分组切分"),
}
TASKS = {
    "binary": ("binary classification", "二分类"),
    "multiclass": ("multiclass classification", "多分类"),
    "regression": ("regression", "回归"),
}
SEPARATORS = {
    ";": ("semicolon separated", "分号分隔"),
    "\t": ("tab separated", "制表符分隔"),
    "|": ("pipe separated", "竖线分隔"),
    ",": ("comma separated", "逗号分隔"),
}


def _wish(name: str, value: Any, zh: bool) -> str:
    if name in SIMPLE:
        return SIMPLE[name][zh].format(value)
    if name in COLUMNS:
        return COLUMNS[name][zh].format(_quoted(str(value)))
    if name == "drop":
        return (" 去掉 " if zh else "without ").strip() + " " + ("、" if zh else ", ").join(map(_quoted, value))
    if name == "cors":
        return ("，" if zh else ", ").join(f"允许 {page} 访问" if zh else f"allow {page}" for page in value)
    if name == "estimators":
        return ("用 " if zh else "with ") + ("、" if zh else " and ").join(value)
    if name in PREPARING:
        return PREPARING[name][value][zh] if value in PREPARING[name] else ""
    if name in ("where", "derive", "kinds", "missing"):
        return _prepared(name, value, zh)
    for table, key in ((SPLITS, "split"), (TASKS, "task"), (SEPARATORS, "separator")):
        if name == key and value in table:
            return table[value][zh]
    return _flag(name, value, zh)


def _prepared(name: str, value: Any, zh: bool) -> str:
    """Conditions and new columns as they are written, kinds and words for missing one after the other."""
    if name == "where":
        return f"条件是 {value}" if zh else f"where {value}"
    if name == "derive":
        return ("，" if zh else ", ").join(f"新增列 {text}" if zh else f"add the column {text}" for text in value)
    if name == "missing":
        return ("，" if zh else ", ").join(f'"{word}" 表示缺失' if zh else f'"{word}" means missing' for word in value)
    pairs = [text.rpartition("=") for text in value]
    told = [f"把 {_quoted(c)} 当成{KINDS[k]}" if zh else f"treat {_quoted(c)} as {k}" for c, _, k in pairs]
    return ("，" if zh else ", ").join(told)


def _flag(name: str, value: Any, zh: bool) -> str:
    if name == "platform":
        return (
            ("部署到本机" if zh else "on this machine")
            if value == "local"
            else f"在 {value} 上"
            if zh
            else f"on {value}"
        )
    if name == "header":
        return "没有表头" if zh else "no header"
    if name == "overwrite":
        return "覆盖" if zh else "overwrite"
    if name == "only_if_better":
        return "如果更好才" if zh else "only if it is better"
    return ""


def _phrase(step: Step, made: str | None, deploying: bool, zh: bool) -> str:
    args = step.args
    subject = args.get("model") or args.get("deployment") or ""
    it = ("它" if zh else "it") if made and subject == made else subject
    if step.tool == "compare":
        pronoun = "它" if zh else "it"
        args = {**args, "models": [pronoun if tag == made else tag for tag in args["models"]]}
    if step.tool == "deploy":
        return "" if made and subject == made else _deploy(args, zh)
    if step.tool in ("evaluate", "package") and deploying and (made is None or subject == made):
        return ""
    return _WORDS[step.tool](args, it, zh) if step.tool in _WORDS else ""


def _deploy(args: dict[str, Any], zh: bool) -> str:
    known = str(args["model"]).rpartition("/")[2].partition(":")[0]
    name = "" if args["name"] == known else (f"叫做 {args['name']}" if zh else f"call it {args['name']}")
    wishes = [p for k, v in args.items() if k not in ("model", "name") and (p := _wish(k, v, zh))]
    head = f"部署 {args['model']}" if zh else f"deploy {args['model']}"
    return ("，" if zh else ", ").join([head, *([name] if name else []), *wishes])


def _evaluate(args: dict[str, Any], it: str, zh: bool) -> str:
    if "path" in args:
        return f"用 {args['path']} 评估 {it}" if zh else f"evaluate {it} on {args['path']}"
    return f"评估 {it}" if zh else f"evaluate {it}"


def _explain(args: dict[str, Any], it: str, zh: bool) -> str:
    row, path = args.get("row"), args.get("path")
    text = f"解释 {it}" if zh else f"explain {it}"
    if row is not None:
        text += f" 对第 {row} 行的预测" if zh else f" for row {row}"
    if path is not None:
        text += f"，数据是 {path}" if zh else f" of {path}" if row is not None else f" on {path}"
    return text


def _predict(args: dict[str, Any], it: str, zh: bool) -> str:
    text = f"用 {it} 预测 {args['path']}" if zh else f"score {args['path']} with {it}"
    if "output" in args:
        text += f"，结果保存到 {args['output']}" if zh else f" into {args['output']}"
    return text + ((" ，覆盖" if zh else ", overwrite") if args.get("overwrite") else "")


def _package(args: dict[str, Any], it: str, zh: bool) -> str:
    text = f"打包 {it}" if zh else f"package {it}"
    text += (f"，叫做 {args['name']}" if zh else f", call it {args['name']}") if "name" in args else ""
    return text + ((f"，保存到 {args['output']}" if zh else f" into {args['output']}") if "output" in args else "")


def _rollback(args: dict[str, Any], it: str, zh: bool) -> str:
    if "to" in args:
        return f"把 {it} 回滚到第 {args['to']} 版" if zh else f"roll back {it} to revision {args['to']}"
    return f"回滚 {it}" if zh else f"roll back {it}"


def _logs(args: dict[str, Any], it: str, zh: bool) -> str:
    lines = args.get("lines")
    text = f"查看 {it} 的日志" if zh else f"show the log of {it}"
    return text + ((f"，最后 {lines} 行" if zh else f", last {lines} lines") if lines else "")


def _export(args: dict[str, Any], it: str, zh: bool) -> str:
    text = f"导出 {it} 的脚本" if zh else f"export {it} as a script"
    return text + ((f"，保存到 {args['output']}" if zh else f" into {args['output']}") if "output" in args else "")


def _simple(english: str, chinese: str, key: str) -> Callable[[dict[str, Any], str, bool], str]:
    def words(args: dict[str, Any], it: str, zh: bool) -> str:
        shown = (
            " 和 ".join(args[key])
            if zh and key == "models"
            else " and ".join(args["models"])
            if key == "models"
            else it
        )
        return (chinese if zh else english).format(it=shown, **{k: v for k, v in args.items() if k != "it"})

    return words


def _status(args: dict[str, Any], it: str, zh: bool) -> str:
    if "name" in args:
        return f"{args['name']} 的状态" if zh else f"status of {args['name']}"
    return "状态" if zh else "status"


_WORDS = {
    "evaluate": _evaluate,
    "explain": _explain,
    "compare": _simple("compare {it}", "比较 {it}", "models"),
    "package": _package,
    "promote": _simple("promote {it}", "金丝雀转正 {it}", "deployment"),
    "predict": _predict,
    "monitor": _simple("monitor {it}", "监控 {it}", "deployment"),
    "rollback": _rollback,
    "stop": _simple("stop {it}", "停掉 {it}", "deployment"),
    "logs": _logs,
    "status": _status,
    "register": _simple("register {path}", "注册 {path}", "path"),
    "export": _export,
    "delete": _simple("delete {kind}/{name}", "删除 {kind}/{name}", "name"),
}
