-- Adds what pandoc's own writers leave out, for HTML and for typst.

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

-- Tables with more rows than this, or if texts fill a width, more characters, may break across pages.
local most_rows_together = 8
local most_letters_together = 1500

-- Columns get the widths that the table names.
local function set_widths(tbl)
  local column = 1
  for width in (tbl.attributes.widths or ""):gmatch("%d+") do
    -- An author may have named widths for columns that do not exist.
    if tbl.colspecs[column] and tonumber(width) <= 100 then
      tbl.colspecs[column][2] = tonumber(width) / 100
    end
    column = column + 1
  end
  tbl.attributes.widths = nil
end

-- On paper, a table of many numbers with named widths is set in small type.
local most_columns_in_full_size = 8

-- On paper, the header is bold and a short table stays on one page.
local function on_paper(tbl)
  local is_short = #tbl.bodies[1].body <= most_rows_together
    and not (tbl.attributes.widths and #pandoc.utils.stringify(tbl) > most_letters_together)
    and not tbl.classes:includes("beside")
  local call = tbl.attributes.widths ~= nil and #tbl.colspecs > most_columns_in_full_size and "#small["
  if tbl.classes:includes("beside") then
    tbl.attributes.widths = nil
  end
  set_widths(tbl)
  tbl.head.rows = tbl.head.rows:map(function(row)
    row.cells = row.cells:map(bold)
    return row
  end)
  local blocks = pandoc.Blocks({ tbl })
  for _, wrapped in ipairs({ call, is_short and "#together[" }) do
    if wrapped then
      blocks:insert(1, pandoc.RawBlock("typst", wrapped))
      blocks:insert(pandoc.RawBlock("typst", "]"))
    end
  end
  return blocks
end

-- In HTML, a wide table scrolls under a caption that stays in place.
local function Table(tbl)
  if is_typst then
    return on_paper(tbl)
  end
  local caption, identifier = tbl.caption, tbl.identifier
  set_widths(tbl)
  tbl.identifier = ""
  local scroll = pandoc.Attr("", { "scroll" }, { tabindex = "0" })
  if #caption.long == 0 then
    return pandoc.Div({ tbl }, scroll)
  end
  tbl.caption = pandoc.Caption()
  return pandoc.Figure({ pandoc.Div({ tbl }, scroll) }, caption, pandoc.Attr(identifier, { "table" }))
end

-- Text at the start of a cell or of a call must not begin a block: "=" would make a heading,
-- and "-", "+", "/" or "1." a list.
local function guarded(inlines)
  local text = inlines[1] and inlines[1].tag == "Str" and inlines[1].text or ""
  if text:match("^[=+/%-]") or text:match("^%d+[.)]") then
    inlines:insert(1, pandoc.RawInline("typst", '#"";'))
  end
  return inlines
end

-- On paper, a formula is read out as its TeX: PDF/UA requires a text alternative for every formula.
local function told(math)
  local document = pandoc.Pandoc({ pandoc.Plain({ math }) })
  local formula = pandoc.write(document, "typst"):gsub("%s+$", "")
  -- If pandoc cannot read the TeX, it writes it as text; `proofs.py` looks for this call.
  if not formula:match("^%$") then
    return pandoc.RawInline("typst", string.format("#broken_formula(%s);", typst_string(math.text)))
  end
  local call = '#math.equation(block: %s, alt: %s, %s.body);'
  local is_block = tostring(math.mathtype == "DisplayMath")
  return pandoc.RawInline("typst", call:format(is_block, typst_string(math.text), formula))
end

-- In HTML, a wide formula scrolls, with the keyboard too.
local function Math(math)
  if is_typst then
    return told(math)
  end
  if math.mathtype ~= "DisplayMath" then
    return nil
  end
  return pandoc.Span({ math }, pandoc.Attr("", { "formula" }, { tabindex = "0" }))
end

-- On paper, a strip is drawn with a call: the interval, the dots, and the verdict.
local function drawn(strip)
  local bars, dots, beyond = "", "", ""
  for _, piece in ipairs(strip.content) do
    local style = piece.tag == "Span" and piece.attributes.style or ""
    local left = tonumber(style:match("^left: ([%d.]+)%%"))
    local width = tonumber(style:match("; width: ([%d.]+)%%$"))
    if left and width then
      bars = bars .. string.format("(%g, %g),", left, width)
    elseif left and piece.classes[1] == "beyond" then
      beyond = beyond .. string.format("%g,", left)
    elseif left then
      dots = dots .. string.format("%g,", left)
    end
  end
  local verdict = typst_string(strip.classes[2] or "")
  if strip.classes:includes("margin") then
    verdict = verdict .. ", accepted: (50, 50)"
  end
  return pandoc.RawInline("typst", string.format("#strip((%s), (%s), (%s), %s);", bars, dots, beyond, verdict))
end

-- In typst, classes become calls of the template's functions, and figures keep their description.
local function Span(span)
  if not is_typst then
    return nil
  end
  local kind = span.classes[1]
  if not kind then
    return nil
  end
  -- Links between the pages of HTML.
  if kind == "pages" then
    return {}
  end
  -- The strip draws its pieces.
  if kind == "whisker" or kind == "dot" or kind == "beyond" then
    return nil
  end
  if kind == "strip" then
    return drawn(span)
  end
  local name = span.classes[2] or ""
  local call = string.format("#marked(%s, %s)[", typst_string(kind), typst_string(name))
  local content = guarded(span.content)
  content:insert(1, pandoc.RawInline("typst", call))
  -- The semicolon ends the call: text that follows, such as ".x" or "(x)", would be part of it.
  content:insert(pandoc.RawInline("typst", "];"))
  return content
end

-- The same for elements that pandoc turns into calls, because it does not check what follows.
local is_call = {}
for _, tag in ipairs({ "Link", "Strong", "Emph", "Strikeout", "Superscript", "Subscript", "Code", "Note" }) do
  is_call[tag] = true
end

local function Inlines(inlines)
  if not is_typst then
    return nil
  end
  local ended = pandoc.Inlines({})
  for _, inline in ipairs(guarded(inlines)) do
    ended:insert(inline)
    if is_call[inline.tag] then
      ended:insert(pandoc.RawInline("typst", ";"))
    end
  end
  return ended
end

local may_lead = { http = true, https = true, mailto = true }

-- Links on paper may lead to an HTML page, but not with a query, and not to an address that runs code.
local function Link(link)
  local scheme = link.target:match("^([^/?#]*):")
  local is_refused = scheme and not may_lead[scheme:lower()]
  if is_typst and (is_refused or link.target:match("^[%w_/-]+%.html%?")) then
    return link.content
  end
end

-- Blocks under a sentence that tells what is in them. On paper the sentence stands alone, with the
-- places that links may lead to; or the blocks stand without it; or nothing is left.
local function folded(div)
  local told = div.content:remove(1)
  local on_paper = div.classes[2]
  if is_typst and on_paper then
    return on_paper == "whole" and div.content or {}
  end
  if is_typst then
    div:walk({
      Span = function(span)
        if span.identifier ~= "" then
          told.content:insert(pandoc.Span({}, pandoc.Attr(span.identifier)))
        end
      end,
    })
    told.content:extend(pandoc.Inlines(" The HTML report lists them."))
    return told
  end
  div.content:insert(1, pandoc.Plain(told.content))
  div.content:insert(1, pandoc.RawBlock("html", "<details><summary>"))
  div.content:insert(3, pandoc.RawBlock("html", "</summary>"))
  div.content:insert(pandoc.RawBlock("html", "</details>"))
  return div
end

-- On paper, the items of a list in one line.
local function in_one_line(list)
  local line = pandoc.Inlines({})
  for _, item in ipairs(list.content) do
    if #line > 0 then
      line:insert(pandoc.RawInline("typst", "#h(1fr);"))
    end
    line:extend(pandoc.utils.blocks_to_inlines(item))
  end
  return pandoc.Para(line)
end

local function Div(div)
  local kind = div.classes[1]
  if is_typst and kind == "glance" then
    div = div:walk({ BulletList = in_one_line })
  end
  if kind == "folded" then
    return folded(div)
  end
  if not is_typst or not kind then
    return nil
  end
  local content = div.content
  if kind == "pair" then
    content:insert(2, pandoc.RawBlock("typst", "]["))
    local shares = (div.attributes.shares or ""):match("^[%d.]+, [%d.]+$") or "1, 1"
    content:insert(1, pandoc.RawBlock("typst", string.format("#pair(%s)[", shares)))
    content:insert(pandoc.RawBlock("typst", "];"))
    return content
  end
  content:insert(1, pandoc.RawBlock("typst", string.format("#set_apart(%s)[", typst_string(kind))))
  content:insert(pandoc.RawBlock("typst", "];"))
  return content
end

local function html_text(text)
  return (text:gsub("&", "&amp;"):gsub("<", "&lt;"):gsub(">", "&gt;"):gsub('"', "&quot;"))
end

-- The part of a page around a quote: all parts show the picture of the whole page.
local function cut(image)
  local place = image.attributes.place or ""
  local width, height, position = place:match("^(%d+) (%d+) (%d+)$")
  if is_typst or not width then
    return {}
  end
  local form = '<a class="cut" href="%s"><img src="%s" alt="%s" loading="lazy" style="%s"></a>'
  local style = ("aspect-ratio: %s / %s; object-position: 0 %s%%"):format(width, height, position)
  local src, alt = html_text(image.src), html_text(pandoc.utils.stringify(image.caption))
  return pandoc.RawInline("html", form:format(src, src, alt, style))
end

local function Image(image)
  if image.classes:includes("cut") then
    return cut(image)
  end
  if not is_typst then
    local size = "width: %s; aspect-ratio: %s"
    local style = size:format(image.attributes.width or "100%", image.attributes.ratio or "auto")
    -- A figure shows its values under the pointer only as a separate document, not as an image.
    if image.classes:includes("exact") then
      local alt = html_text(pandoc.utils.stringify(image.caption))
      local form = '<iframe src="%s" role="img" aria-label="%s" style="%s"></iframe>'
      return pandoc.RawInline("html", form:format(html_text(image.src), alt, html_text(style)))
    end
    image.attributes.width, image.attributes.ratio, image.attributes.style = nil, nil, style
    image.attributes.loading = "lazy"
    return image
  end
  local alt = image.attributes.alt or pandoc.utils.stringify(image.caption)
  local call = string.format("#drawn(%s, %s);", typst_string(image.src), typst_string(alt))
  return pandoc.RawInline("typst", call)
end

return {
  { Table = Table, Math = Math, Span = Span, Link = Link, Inlines = Inlines, Div = Div, Image = Image },
}
