// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "passes/schedule/ModelTables.h"

using namespace mlir;
using namespace strait;

TableWriter::TableWriter(ModuleOp module, StringRef prefix)
    : module(module), builder(OpBuilder::atBlockEnd(module.getBody())),
      prefix(prefix) {}

std::string TableWriter::text(StringRef text) {
  std::string &symbol = texts[text];
  if (!symbol.empty())
    return symbol;
  symbol = prefix + std::to_string(texts.size() - 1);
  std::string bytes = text.str();
  bytes.push_back('\0');
  auto type = LLVM::LLVMArrayType::get(builder.getI8Type(), bytes.size());
  auto op = LLVM::GlobalOp::create(builder, module.getLoc(), type,
                                   /*isConstant=*/true,
                                   LLVM::Linkage::Private, symbol,
                                   builder.getStringAttr(bytes));
  op.setUnnamedAddr(LLVM::UnnamedAddr::Global);
  return symbol;
}

Type TableWriter::typeOf(const TableRow &row) {
  SmallVector<Type> types;
  for (const TableField &field : row)
    types.push_back(field.bits
                        ? Type(builder.getIntegerType(field.bits))
                        : Type(LLVM::LLVMPointerType::get(
                              module.getContext())));
  return LLVM::LLVMStructType::getLiteral(module.getContext(), types);
}

LLVM::GlobalOp TableWriter::global(StringRef name, Type type,
                                   ArrayRef<TableRow> rows, bool isArray) {
  Location loc = module.getLoc();
  auto op = LLVM::GlobalOp::create(builder, loc, type, /*isConstant=*/true,
                                   LLVM::Linkage::Private, name, Attribute());
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToEnd(&op.getInitializer().emplaceBlock());
  auto pointer = LLVM::LLVMPointerType::get(module.getContext());
  Value whole = LLVM::UndefOp::create(builder, loc, type);
  for (auto [number, row] : llvm::enumerate(rows)) {
    Value structure = LLVM::UndefOp::create(builder, loc, typeOf(row));
    for (auto [index, field] : llvm::enumerate(row)) {
      Value value;
      if (field.bits)
        value = LLVM::ConstantOp::create(
            builder, loc, builder.getIntegerType(field.bits),
            builder.getIntegerAttr(builder.getIntegerType(field.bits),
                                   APInt(field.bits, field.value, false,
                                         /*implicitTrunc=*/true)));
      else if (field.symbol.empty())
        value = LLVM::ZeroOp::create(builder, loc, pointer);
      else
        value =
            LLVM::AddressOfOp::create(builder, loc, pointer, field.symbol);
      structure = LLVM::InsertValueOp::create(builder, loc, structure, value,
                                              ArrayRef<int64_t>(index));
    }
    whole = isArray ? LLVM::InsertValueOp::create(builder, loc, whole,
                                                  structure,
                                                  ArrayRef<int64_t>(number))
                          .getResult()
                    : structure;
  }
  LLVM::ReturnOp::create(builder, loc, whole);
  return op;
}

std::string TableWriter::table(StringRef name, ArrayRef<TableRow> rows) {
  if (rows.empty())
    return {};
  global(name, LLVM::LLVMArrayType::get(typeOf(rows[0]), rows.size()), rows,
         /*isArray=*/true);
  return name.str();
}

void TableWriter::exported(StringRef name, const TableRow &row) {
  LLVM::GlobalOp op = global(name, typeOf(row), row, /*isArray=*/false);
  op.setLinkage(LLVM::Linkage::External);
}
