-- What pandoc's own writers leave out, for HTML and for typst.

local is_typst = FORMAT:match("typst") ~= nil

local function typst_string(text)
  return '"' .. text:gsub("\\", "\\\\"):gsub('"', '\\"') .. '"'
end

local function bold(cell)
  cell.contents = cell.contents:walk({
    Plain = function(text)
      return pandoc.Plain({ pandoc.Strong(text.content) })
    end,
  })
  return cell
end

-- More rows than this may be parted by the end of a page.
local most_rows_together = 26

-- On paper, columns get the widths that the table names, and the header is bold.
local function on_paper(tbl)
  local is_short = not tbl.attributes.widths and #tbl.bodies[1].body <= most_rows_together
  local column = 1
  for width in (tbl.attributes.widths or ""):gmatch("%d+") do
    tbl.colspecs[column][2] = tonumber(width) / 100
    column = column + 1
  end
  tbl.attributes.widths = nil
  tbl.head.rows = tbl.head.rows:map(function(row)
    row.cells = row.cells:map(bold)
    return row
  end)
  if not is_short then
    return tbl
  end
  return { pandoc.RawBlock("typst", "#together["), tbl, pandoc.RawBlock("typst", "]") }
end

-- In HTML a wide table scrolls by itself, under a caption that stays.
function Table(tbl)
  if is_typst then
    return on_paper(tbl)
  end
  local caption, identifier = tbl.caption, tbl.identifier
  tbl.identifier, tbl.attributes.widths = "", nil
  local scroll = pandoc.Attr("", { "scroll" }, { tabindex = "0" })
  if #caption.long == 0 then
    return pandoc.Div({ tbl }, scroll)
  end
  tbl.caption = pandoc.Caption()
  return pandoc.Figure({ pandoc.Div({ tbl }, scroll) }, caption, pandoc.Attr(identifier, { "table" }))
end

-- In typst, classes become calls of the template's functions, and figures keep their description.
function Span(span)
  if not is_typst then
    return nil
  end
  local kind = span.classes[1]
  if not kind then
    return nil
  end
  local name = span.classes[2] or ""
  local call = string.format("#marked(%s, %s)[", typst_string(kind), typst_string(name))
  local content = span.content
  content:insert(1, pandoc.RawInline("typst", call))
  -- The semicolon ends the call: text that follows, such as ".x" or "(x)", would be part of it.
  content:insert(pandoc.RawInline("typst", "];"))
  return content
end

function Div(div)
  local kind = div.classes[1]
  if not is_typst or not kind then
    return nil
  end
  local content = div.content
  content:insert(1, pandoc.RawBlock("typst", string.format("#set_apart(%s)[", typst_string(kind))))
  content:insert(pandoc.RawBlock("typst", "];"))
  return content
end

function Image(image)
  if not is_typst then
    return nil
  end
  local alt = image.attributes.alt or pandoc.utils.stringify(image.caption)
  local call = string.format("#image(%s, alt: %s);", typst_string(image.src), typst_string(alt))
  return pandoc.RawInline("typst", call)
end
